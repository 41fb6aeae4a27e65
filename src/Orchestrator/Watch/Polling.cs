using BpfIncr.Cache.Digests;

namespace BpfIncr.Orchestrator.Watch;

/// <summary>Finds out what changed in directories by looking at them from time to time, where the system does not say.</summary>
internal sealed class Polling : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Dictionary<string, FileStamp>> _directories = new(StringComparer.Ordinal);
    private readonly Action<ChangeHints> _changed;
    private readonly Lock _lock = new();
    private readonly Timer _timer;

    /// <param name="changed">Told what changed.</param>
    public Polling(Action<ChangeHints> changed)
    {
        _changed = changed;
        _timer = new Timer(_ => LookAtAll(), null, Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Looks at a directory from now on.</summary>
    public void Add(string directory)
    {
        lock (_lock)
            if (!_directories.ContainsKey(directory))
                _directories[directory] = LookAt(directory);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void LookAtAll()
    {
        var changed = new List<string>();
        lock (_lock)
        {
            foreach (var (directory, before) in _directories.ToList())
            {
                var now = _directories[directory] = LookAt(directory);
                changed.AddRange(now.Where(f => before.GetValueOrDefault(f.Key, FileStamp.Missing) != f.Value).Select(f => f.Key));
                changed.AddRange(before.Keys.Where(p => !now.ContainsKey(p)));
            }
        }
        if (changed.Count > 0)
            _changed(new ChangeHints(changed, IsComplete: true));
        TryWait();
    }

    private void TryWait()
    {
        try
        {
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Nobody asks any more.
        }
    }

    private static Dictionary<string, FileStamp> LookAt(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory).ToDictionary(p => p, FileStamp.Of, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not there.
            return [];
        }
    }
}
