using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// What a pass would do with one probe. A step that would run because the cache lost what it gave is taken to give the
/// same again, so that what stands behind it can be told as well.
/// </summary>
internal sealed class ProbePrediction(Snapshot snapshot, Probe probe, IReadOnlyList<string> variants, PassTools tools, StepTable table)
    : IStepResolver
{
    private readonly Dictionary<StepId, Digest> _before =
        table.ToRows().Where(r => r.Key.Probe == probe.Name).ToDictionary(r => r.Key, r => r.Value.Key);

    private readonly Dictionary<StepId, Digest> _now = [];
    private readonly HashSet<Digest> _forgotten = [];
    private readonly HashSet<Digest> _madeAgain = [];
    private readonly List<PredictedStep> _steps = [];

    /// <summary>The probe's steps in the order of the pipeline.</summary>
    public async Task<IReadOnlyList<PredictedStep>> RunAsync(CancellationToken cancellation)
    {
        // As in a pass: when a blob turns out to be lost, whoever made it has to run again, and then the rest.
        while (await TryAsync(cancellation) is { } lost)
            Forget(lost);
        return _steps;
    }

    /// <inheritdoc/>
    public Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation, FailureSearch? places = null)
    {
        var known = tools.Cache.TryGet(action.Key) is { } hit && hit.Result.Has(output) ? hit.Result : null;
        if (known is null || _forgotten.Contains(action.Key))
            Need(action);
        if (known is null)
            _steps.Add(new PredictedStep(id, Forecast.Runs, action.Key, table.Reasons.Of(id, action, found: false)));
        else
            Add(id, known);
        return Task.FromResult(known);
    }

    /// <inheritdoc/>
    public void Skip(StepId id) => _steps.Add(new PredictedStep(id, Forecast.Depends, null, []));

    // Gives the digest of a blob that is lost.
    private async Task<Digest?> TryAsync(CancellationToken cancellation)
    {
        _steps.Clear();
        var (id, chain) = (new StepId(Stage.Rustc, probe.Name), new ProbeChain(snapshot, probe, this));
        var (hit, miss) = RustcLookup.Find(probe, snapshot.Actions, tools);
        if (hit is null)
        {
            table.Reasons.Missed(id, miss!);
            var nearest = table.Reasons.Nearest(probe, snapshot.Actions);
            _steps.Add(new PredictedStep(id, Forecast.Runs, null, table.Reasons.Of(id, nearest, found: false)));
            Skip(new StepId(Stage.Link, probe.Name));
            chain.SkipVariants(variants);
            return null;
        }
        try
        {
            Add(id, hit.Cached.Result);
            foreach (var (variant, result) in await chain.RunAsync(hit.Cached.Result.Outputs, variants, cancellation))
                Place(new StepId(Stage.Codegen, probe.Name, variant), result.Output(ProbeChain.ObjectName));
            return null;
        }
        catch (LostBlobException e)
        {
            return e.Digest;
        }
    }

    private void Add(StepId id, StepResult result)
    {
        var key = result.Action.Key;
        _now[id] = key;
        if (_forgotten.Contains(key))
        {
            _madeAgain.UnionWith(result.Outputs.Select(o => o.Digest));
            _steps.Add(new PredictedStep(id, Forecast.Runs, key, table.Reasons.Of(id, result.Action, found: false)));
            return;
        }
        var isRepetition = _before.TryGetValue(id, out var before) && before == key;
        _steps.Add(new PredictedStep(id, isRepetition ? Forecast.Known : Forecast.Found, key, []));
    }

    private void Place(StepId id, Digest digest)
    {
        if (new ObjectDirectory(snapshot.Settings, tools).IsPlaced(id.Variant, id.Probe, digest))
            return;
        Need(digest);
        var step = _steps.FindIndex(s => s.Id == id);
        if (_steps[step].Forecast != Forecast.Runs)
            _steps[step] = _steps[step] with { PlacesObject = true };
    }

    private void Need(StepAction action)
    {
        foreach (var input in action.Inputs.Files.Values)
            Need(input);
    }

    private void Need(Digest digest)
    {
        if (!_madeAgain.Contains(digest) && !tools.Cache.Obtain(digest))
            throw new LostBlobException(digest);
    }

    private void Forget(Digest lost)
    {
        var producers = 0;
        foreach (var (id, key) in _now.UnionBy(_before, s => s.Key))
        {
            if (tools.Results.TryGet(key) is not { } result || result.Outputs.All(o => o.Digest != lost))
                continue;
            producers += _forgotten.Add(key) ? 1 : 0;
            table.Reasons.Note(id, Reason.OutputLost(result.Outputs.First(o => o.Digest == lost).Name, lost, tools.Blobs.WasDamaged(lost)));
        }
        // Nobody is left who could make it: the pass would find out by running.
        if (producers == 0)
            _madeAgain.Add(lost);
    }
}
