using BpfIncr.Cache.Actions;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// The results that the cache has of a probe's steps as they are now: the look-ups of a pass that finds everything. For those who
/// want to keep the results, or to take them elsewhere.
/// </summary>
internal sealed class StoredSteps(Snapshot snapshot, Probe probe, PassTools tools) : IStepResolver
{
    private readonly List<StepResult> _results = [];
    private StepId? _missing;

    /// <summary>
    /// The results: of each step, and of the weak action by which rustc's is found; or the first step that has none.
    /// </summary>
    public async Task<(IReadOnlyList<StepResult> Results, StepId? Missing)> FindAsync(IReadOnlyList<string> variants, CancellationToken cancellation)
    {
        var (hit, _) = RustcLookup.Find(probe, snapshot.Actions, tools);
        if (hit is null || tools.Results.TryGet(snapshot.Actions.Weak(probe).Key) is not { } weak)
            return ([], new StepId(Stage.Rustc, probe.Name));
        _results.AddRange([weak, hit.Cached.Result]);
        await new ProbeChain(snapshot, probe, this).RunAsync(hit.Cached.Result, variants, cancellation);
        return (_results, _missing);
    }

    /// <inheritdoc/>
    public Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation)
    {
        var result = tools.Results.TryGet(action.Key) is { } known && known.Has(output) ? known : null;
        lock (_results)
        {
            if (result is null)
                _missing ??= id;
            else
                _results.Add(result);
        }
        return Task.FromResult(result);
    }

    /// <inheritdoc/>
    public void Skip(StepId id)
    {
        // The one that has no result comes before it.
    }
}
