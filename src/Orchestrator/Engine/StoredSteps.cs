using System.Collections.Concurrent;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// The results that there are of a probe's steps as they are now: the look-ups of a pass that finds everything. For those who
/// want to keep the results, to take them elsewhere, or to compare them.
/// </summary>
/// <param name="snapshot">What there is.</param>
/// <param name="probe">The probe.</param>
/// <param name="tools">The caches.</param>
/// <param name="find">Where the results of the stages behind rustc are looked for.</param>
internal sealed class StoredSteps(Snapshot snapshot, Probe probe, PassTools tools, Func<Digest, StepResult?> find) : IStepResolver
{
    private readonly ConcurrentDictionary<StepId, StepResult> _results = new();
    private readonly ConcurrentBag<StepId> _missing = [];

    /// <summary>The results by step, and the first step that has none.</summary>
    public async Task<(IReadOnlyDictionary<StepId, StepResult> Results, StepId? Missing)> FindAsync(IReadOnlyList<string> variants, CancellationToken cancellation)
    {
        var rustc = new StepId(Stage.Rustc, probe.Name);
        if (RustcLookup.Find(probe, snapshot.Actions, tools).Hit?.Cached.Result is not { } compiled)
            return (_results, rustc);
        _results[rustc] = compiled;
        await new ProbeChain(snapshot, probe, this).RunAsync(compiled.Outputs, variants, cancellation);
        return (_results, _missing.IsEmpty ? null : _missing.MinBy(id => id.Stage));
    }

    /// <inheritdoc/>
    public Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation, FailureSearch? places = null)
    {
        var result = find(action.Key) is { } known && known.Has(output) ? known : null;
        if (result is null)
            _missing.Add(id);
        else
            _results[id] = result;
        return Task.FromResult(result);
    }

    /// <inheritdoc/>
    public void Skip(StepId id)
    {
        // The one that has no result comes before it.
    }
}
