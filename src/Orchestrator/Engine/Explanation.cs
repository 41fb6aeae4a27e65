using System.Collections.Immutable;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What the last pass did with a step.</summary>
internal enum Standing
{
    /// <summary>There is no record of it.</summary>
    Never,

    /// <summary>It ended as its latest outcome says.</summary>
    Changed,

    /// <summary>It was what it had been: Cached, from Memory.</summary>
    Repeated,

    /// <summary>The pass was stopped; the step may not have been reached.</summary>
    NotReached,

    /// <summary>Other probes or variants were asked for.</summary>
    NotAsked,
}

/// <summary>What is known of one step.</summary>
/// <param name="Id">Which step.</param>
/// <param name="Standing">What the last pass did with it.</param>
/// <param name="Latest">The last time that it was something else than a repetition.</param>
/// <param name="Ran">The last time that it ran; the same, or an earlier one.</param>
internal sealed record StepExplanation(StepId Id, Standing Standing, StepOutcome? Latest, StepOutcome? Ran);

/// <summary>What every step of a probe was in the last pass, and when and why it last changed and last ran.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="LastPass">The last pass over its workspace; null when there was none.</param>
/// <param name="Steps">Its steps in the order of the pipeline.</param>
/// <param name="Next">What a build would do now; empty when it would not look at the probe at all.</param>
internal sealed record Explanation(
    string Probe, LastPass? LastPass, ImmutableArray<StepExplanation> Steps, ImmutableArray<PredictedStep> Next)
{
    /// <summary>Reads what the index remembers.</summary>
    public static Explanation Read(IndexDatabase index, string workspace, string probe, IEnumerable<string> variants, ImmutableArray<PredictedStep> next)
    {
        var last = index.LastPass(workspace) is { } content ? Engine.LastPass.Decode(content) : null;
        var outcomes = index.Outcomes(workspace, probe).ToLookup(o => o.Step, o => StepOutcome.Decode(o.Record), StringComparer.Ordinal);
        IEnumerable<StepId> steps =
        [
            new(Stage.Rustc, probe), new(Stage.Link, probe),
            .. variants.SelectMany(v => ((Stage[])[Stage.Patch, Stage.Optimize, Stage.Codegen]).Select(s => new StepId(s, probe, v))),
        ];
        return new Explanation(probe, last, [.. steps.Select(id => Of(id, last, [.. outcomes[id.IndexName].OfType<StepOutcome>()]))], next);
    }

    private static StepExplanation Of(StepId id, LastPass? last, ImmutableArray<StepOutcome> outcomes)
    {
        var latest = outcomes.MaxBy(o => o.Pass);
        var standing =
            latest is null ? Standing.Never
            : last is null || latest.Pass >= last.Began ? Standing.Changed
            : !last.Wanted(id) ? Standing.NotAsked
            : last.State == PassState.Stopped ? Standing.NotReached
            : Standing.Repeated;
        return new StepExplanation(id, standing, latest, outcomes.FirstOrDefault(o => o.Ran));
    }
}
