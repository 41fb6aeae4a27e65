using System.ComponentModel;
using System.Threading.Channels;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Watch;

/// <summary>
/// Says what may have changed in the directories that matter. Events are hints and nothing more: whoever hears one
/// looks at the files themselves. So a lost event costs nothing as long as one arrives, and an event too many costs one
/// look. Where the system gives no events, or not for so many directories, they are looked at from time to time.
/// </summary>
internal sealed class ChangeSignal : IDisposable
{
    /// <summary>Editors save in several steps: quiet for so long, with every file closed, means done.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(2);

    /// <summary>What goes on for longer than this is heard in parts.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(50);

    private readonly Channel<ChangeHints> _hints = Channel.CreateUnbounded<ChangeHints>();
    private readonly Action<string> _failed;
    private readonly Inotify? _inotify;
    private readonly Lock _lock = new();
    private Polling? _polling;

    /// <param name="failed">Told why there are no events, once, when it comes to that.</param>
    public ChangeSignal(Action<string> failed)
    {
        _failed = failed;
        try
        {
            _inotify = new Inotify();
            new Thread(Listen) { IsBackground = true, Name = "inotify" }.Start();
        }
        catch (Win32Exception e)
        {
            Poll($"{e.Message}; see fs.inotify.max_user_instances");
        }
    }

    /// <summary>Watches these directories as well. One that is not there yet will be announced in the nearest one above it that is.</summary>
    public void Watch(IEnumerable<string> directories)
    {
        foreach (var directory in directories)
            Watch(directory);
    }

    /// <summary>Watches a directory and all below it, except what is hidden or called <c>target</c>.</summary>
    public void WatchTree(string directory) => Watch(Tree(directory));

    /// <summary>Waits until something happened and it is quiet again. Gives all that happened since the last call.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ChangeHints> WaitAsync(CancellationToken cancellation)
    {
        var hints = await _hints.Reader.ReadAsync(cancellation);
        while (_hints.Reader.TryRead(out var more))
            hints = new ChangeHints([.. hints.Paths, .. more.Paths], hints.IsComplete && more.IsComplete);
        return hints;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inotify?.Dispose();
        _polling?.Dispose();
    }

    private void Watch(string directory)
    {
        lock (_lock)
        {
            try
            {
                if (_polling is null && !_inotify!.IsWatching(directory))
                    _inotify.Add(Existing(directory));
            }
            catch (Win32Exception)
            {
                Poll("there are more directories than fs.inotify.max_user_watches allows");
            }
            _polling?.Add(directory);
        }
    }

    // What inotify watches already it goes on watching.
    private void Poll(string why)
    {
        _polling = new Polling(hints => _hints.Writer.TryWrite(hints));
        _failed(why);
    }

    private void Listen()
    {
        try
        {
            while (true)
                _hints.Writer.TryWrite(Collect(_inotify!));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed: nobody listens any more.
        }
    }

    private ChangeHints Collect(Inotify inotify)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var open = new HashSet<string>(StringComparer.Ordinal);
        var isComplete = true;
        DateTime? deadline = null;
        do
        {
            foreach (var e in inotify.Read())
            {
                isComplete &= e != FileEvent.Lost;
                paths.Add(e.Path);
                _ = e.IsBeingWritten ? open.Add(e.Path) : open.Remove(e.Path);
                // It gets its files later, when nobody knows yet that they matter.
                if (e.IsNewDirectory)
                    WatchTree(e.Path);
            }
            deadline ??= DateTime.UtcNow + Longest;
        }
        while (DateTime.UtcNow < deadline && inotify.Poll(open.Count > 0 ? deadline.Value - DateTime.UtcNow : Quiet));
        return new ChangeHints(paths, isComplete);
    }

    private static string Existing(string directory) =>
        Directory.Exists(directory) ? directory : Existing(Path.GetDirectoryName(directory)!);

    private static IEnumerable<string> Tree(string directory) =>
        FileTable.Counts(Path.GetFileName(directory)) ? [directory, .. DirectoriesIn(directory).SelectMany(Tree)] : [];

    private static string[] DirectoriesIn(string directory)
    {
        try
        {
            // A link may lead back to where it is.
            return Directory.GetDirectories(directory, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone again.
            return [];
        }
    }
}
