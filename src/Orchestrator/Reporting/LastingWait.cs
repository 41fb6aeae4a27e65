namespace BpfIncr.Orchestrator.Reporting;

/// <summary>Tells of a wait, but only of one that lasts: where several cargos run, each waits for another for a moment.</summary>
/// <param name="clock">When it lasts.</param>
/// <param name="tell">Tells of it.</param>
internal sealed class LastingWait(TimeProvider clock, Action<string> tell) : IDisposable
{
    /// <summary>How long a wait is before it is reported.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private ITimer? _timer;

    /// <summary>It begins; one that had begun before is over.</summary>
    public void Begin(string what)
    {
        lock (_lock)
        {
            _timer?.Dispose();
            ITimer? own = null;
            own = _timer = clock.CreateTimer(_ => Tell(own, what), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            own.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Something else happens.</summary>
    public void End()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    // A timer may be on its way when it is stopped.
    private void Tell(ITimer? timer, string what)
    {
        lock (_lock)
        {
            if (_timer != timer)
                return;
            End();
        }
        tell(what);
    }
}
