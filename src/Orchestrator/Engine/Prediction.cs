using System.Collections.Immutable;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What a pass would do with a step.</summary>
internal enum Forecast
{
    /// <summary>Its result is the one of before.</summary>
    Known,

    /// <summary>The cache has its result.</summary>
    Found,

    /// <summary>It would run. Of several steps with one key, one would run and the others take its result.</summary>
    Runs,

    /// <summary>It would run, unless what the step before it gives leads to a result that is known.</summary>
    Depends,

    /// <summary>Its probe or variant is gone.</summary>
    Removed,
}

/// <summary>A step with its forecast.</summary>
/// <param name="Id">Which step.</param>
/// <param name="Forecast">What would happen.</param>
/// <param name="Key">Its key; null when that depends on what a step will read or be given.</param>
/// <param name="Reasons">Why it would run.</param>
/// <param name="PlacesObject">Whether its object is not where it belongs, and would be put there without the step having to run.</param>
internal sealed record PredictedStep(
    StepId Id, Forecast Forecast, Digest? Key, ImmutableArray<Reason> Reasons, bool PlacesObject = false);

/// <summary>
/// A pass that runs nothing and changes nothing: the same keys and the same look-ups as a real one, which stop where a
/// result is not known.
/// </summary>
internal sealed class Prediction(Snapshot snapshot, PassRequest request, PassTools tools, StepTable table)
{
    /// <summary>Every step of the selection, by probe, in the order of the pipeline; then those that are gone.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ImmutableArray<PredictedStep>> RunAsync(CancellationToken cancellation)
    {
        var steps = ImmutableArray.CreateBuilder<PredictedStep>();
        foreach (var probe in snapshot.Asked(request))
        {
            cancellation.ThrowIfCancellationRequested();
            steps.AddRange(await new ProbePrediction(snapshot, probe, snapshot.VariantsOf(probe.Name, request), tools, table).RunAsync(cancellation));
        }
        steps.AddRange(table.Gone(snapshot).OrderBy(id => id.IndexName, StringComparer.Ordinal).Select(id => new PredictedStep(id, Forecast.Removed, null, [])));
        return steps.ToImmutable();
    }
}
