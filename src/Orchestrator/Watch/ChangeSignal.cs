using System.Threading.Channels;

namespace BpfIncr.Orchestrator.Watch;

/// <summary>
/// Says that something may have changed in the directories that matter. Events are hints and nothing more: whoever
/// hears one looks at the files themselves. So a lost event costs nothing as long as one arrives, and an event too
/// many costs one look.
/// </summary>
internal sealed class ChangeSignal : IDisposable
{
    /// <summary>Editors save in several steps, and <c>git checkout</c> in thousands: quiet for so long means done.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(20);

    private readonly Inotify _inotify = new();
    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public ChangeSignal() => new Thread(Listen) { IsBackground = true, Name = "inotify" }.Start();

    /// <summary>Watches these directories as well.</summary>
    public void Watch(IEnumerable<string> directories)
    {
        foreach (var directory in directories)
            _inotify.Add(directory);
    }

    /// <summary>Waits until something happened and it is quiet again.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        await _hints.Reader.ReadAsync(cancellation);
        do
            await Task.Delay(Quiet, cancellation);
        while (_hints.Reader.TryRead(out _));
    }

    /// <inheritdoc/>
    public void Dispose() => _inotify.Dispose();

    private void Listen()
    {
        try
        {
            while (true)
            {
                foreach (var (path, isNewDirectory) in _inotify.Read())
                    if (isNewDirectory)
                        WatchNew(path);
                _hints.Writer.TryWrite(true);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed: nobody listens any more.
        }
    }

    // A new package is a directory first and gets its files later, when nobody knows yet that it matters.
    private void WatchNew(string directory)
    {
        if (Path.GetFileName(directory) is "target" || Path.GetFileName(directory).StartsWith('.'))
            return;
        _inotify.Add(directory);
        try
        {
            foreach (var below in Directory.EnumerateDirectories(directory))
                WatchNew(below);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone again.
        }
    }
}
