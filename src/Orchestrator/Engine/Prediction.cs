using System.Collections.Immutable;
using BpfIncr.Cache.Actions;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What a pass would do with a step.</summary>
internal enum Forecast
{
    /// <summary>Its result is known.</summary>
    Known,

    /// <summary>It would run.</summary>
    Runs,

    /// <summary>It would run if the step before it gives another output than so far.</summary>
    Depends,
}

/// <summary>A step with its forecast.</summary>
/// <param name="Id">Which step.</param>
/// <param name="Forecast">What would happen.</param>
/// <param name="Reasons">Why it would run.</param>
internal sealed record PredictedStep(StepId Id, Forecast Forecast, ImmutableArray<Reason> Reasons);

/// <summary>
/// A pass that runs nothing: the same keys and the same look-ups as a real one, which stop where a result is not known.
/// </summary>
internal sealed class Prediction(Snapshot snapshot, PassRequest request, PassTools tools, StepTable table) : IStepResolver
{
    private readonly List<PredictedStep> _steps = [];

    /// <summary>Every step of the selection, by probe, in the order of the pipeline.</summary>
    public async Task<IReadOnlyList<PredictedStep>> RunAsync(CancellationToken cancellation)
    {
        string[] variants = [.. snapshot.Settings.Variants.Keys.Where(request.WantsVariant)];
        foreach (var probe in snapshot.Probes.Where(request.Wants))
        {
            var chain = new ProbeChain(snapshot, probe, this);
            var id = new StepId(Stage.Rustc, probe.Name);
            var (hit, miss) = RustcLookup.Find(probe, snapshot.Actions, tools);
            if (hit is not null)
            {
                _steps.Add(new PredictedStep(id, Forecast.Known, []));
                await chain.RunAsync(hit.Result, variants, cancellation);
                continue;
            }
            table.Reasons.Missed(id, miss!);
            _steps.Add(new PredictedStep(id, Forecast.Runs, table.Reasons.Of(id, table.Reasons.Nearest(probe, snapshot.Actions), found: false)));
            Skip(new StepId(Stage.Link, probe.Name));
            chain.SkipVariants(variants);
        }
        return _steps;
    }

    /// <inheritdoc/>
    public Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation)
    {
        var known = tools.Results.TryGet(action.Key);
        _steps.Add(known is null
            ? new PredictedStep(id, Forecast.Runs, table.Reasons.Of(id, action, found: false))
            : new PredictedStep(id, Forecast.Known, []));
        return Task.FromResult(known);
    }

    /// <inheritdoc/>
    public void Skip(StepId id) => _steps.Add(new PredictedStep(id, Forecast.Depends, []));
}
