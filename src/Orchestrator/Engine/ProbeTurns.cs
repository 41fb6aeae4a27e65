using System.Collections.Concurrent;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Which dirty probes this process compiles. Other processes may share the cache and want the same results: each takes
/// the turns that it can get, compiles those probes, and waits for the others only then.
/// </summary>
internal sealed class ProbeTurns(Snapshot snapshot, PassTools tools) : IDisposable
{
    private readonly ConcurrentDictionary<Probe, ActionLock?> _taken = new();

    /// <summary>Takes the turns of all probes that nobody else compiles; waits for the first when there is none.</summary>
    /// <returns>The probes; their results have to be looked up once more.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<List<Probe>> TakeAsync(IReadOnlyList<Probe> probes, CancellationToken cancellation)
    {
        foreach (var probe in probes)
            if (tools.Results.TryLock(KeyOf(probe)) is { } turn)
                _taken[probe] = turn;
        if (_taken.IsEmpty)
            _taken[probes[0]] = await tools.Results.LockAsync(KeyOf(probes[0]), cancellation);
        return [.. probes.Where(_taken.ContainsKey)];
    }

    /// <summary>Lets others find the result of a probe.</summary>
    public void GiveBack(Probe probe)
    {
        if (_taken.TryRemove(probe, out var turn))
            turn?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var probe in _taken.Keys)
            GiveBack(probe);
    }

    // The action as the newest path set has it; before there is one, what is known without.
    private Digest KeyOf(Probe probe) =>
        (RustcLookup.Candidates(probe, snapshot.Actions, tools).Select(c => c.Action).FirstOrDefault() ?? snapshot.Actions.Weak(probe)).Key;
}
