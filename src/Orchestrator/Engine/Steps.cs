using System.Collections.Immutable;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>The stages, in the order of the pipeline.</summary>
internal enum Stage
{
    Rustc,
    Link,
    Patch,
    Optimize,
    Codegen,
}

/// <summary>Which step: one stage for one probe and variant. Rustc and link are shared by all variants of a probe.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Probe">The probe's name.</param>
/// <param name="Variant">The variant's name; empty for the shared stages.</param>
internal readonly record struct StepId(Stage Stage, string Probe, string Variant = "")
{
    /// <summary>The name of a stage in messages and lists.</summary>
    public string StageName => Stage.ToString().ToLowerInvariant();

    /// <summary>The probe, with its variant where there is one.</summary>
    public string Subject => Variant.Length == 0 ? Probe : $"{Probe}/{Variant}";

    /// <summary><c>patch xdp-parse/legacy</c>.</summary>
    public override string ToString() => $"{StageName} {Subject}";

    /// <summary>The name in the index, where what belongs to a probe stands together: <c>xdp-parse/legacy patch</c>.</summary>
    public string IndexName => $"{Subject} {StageName}";

    /// <summary>Reads <see cref="IndexName"/> back; null for anything else.</summary>
    public static StepId? TryParse(string text)
    {
        var words = text.Split(' ');
        var subject = words[0].Split('/');
        var stages = Enum.GetValues<Stage>().Where(s => words.Length == 2 && words[1] == new StepId(s, "").StageName).ToList();
        return stages is [var stage] && subject.Length <= 2
            ? new StepId(stage, subject[0], subject.Length == 2 ? subject[1] : "")
            : null;
    }
}

/// <summary>What happened to a step's output, compared with the previous pass.</summary>
internal enum Change
{
    /// <summary>There was none before.</summary>
    New,

    /// <summary>It is another one.</summary>
    Modified,

    /// <summary>The step was asked something else and gave the same.</summary>
    Unchanged,

    /// <summary>Nothing was asked: the step's key is the one of before.</summary>
    Cached,

    /// <summary>The step is gone with its probe or variant.</summary>
    Removed,
}

/// <summary>Where a step's output came from.</summary>
internal enum Source
{
    /// <summary>Nowhere: it failed, was skipped or is gone.</summary>
    None,

    /// <summary>It is the one that the previous pass had.</summary>
    Memory,

    /// <summary>The action cache had it.</summary>
    ActionCache,

    /// <summary>The step ran.</summary>
    Executed,
}

/// <summary>How a step ended.</summary>
internal enum StepState
{
    /// <summary>It has its output.</summary>
    Done,

    /// <summary>It ran, and has none.</summary>
    Failed,

    /// <summary>It could not run, because a step before it failed or the pass was stopped.</summary>
    Skipped,
}

/// <summary>One step of a report.</summary>
/// <param name="Id">Which step.</param>
/// <param name="State">How it ended.</param>
/// <param name="Change">What happened to its output; meaningful when it is done.</param>
/// <param name="Source">Where the output came from.</param>
/// <param name="Elapsed">How long it ran; zero when it did not.</param>
/// <param name="Reasons">Why it is not simply what it was; a step that ran or that the action cache had has at least one.</param>
/// <param name="Diagnostics">What it found.</param>
internal sealed record Step(
    StepId Id,
    StepState State,
    Change Change,
    Source Source,
    TimeSpan Elapsed,
    ImmutableArray<Reason> Reasons,
    ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>The shared tier that its output came from; null when it came from nowhere else.</summary>
    public string? Tier { get; init; }

    /// <summary>How long it had run where its result was made; zero unless it came from the action cache.</summary>
    public TimeSpan Saved { get; init; }

    /// <summary>Whether a process did work for it.</summary>
    public bool Ran => Source == Source.Executed || State == StepState.Failed;
}

/// <summary>The decision table of the engine: what a step's outcome is called.</summary>
internal static class Decision
{
    /// <summary>Names the change of a step that has its output.</summary>
    /// <param name="hadRow">Whether the previous pass had the step.</param>
    /// <param name="sameKey">Whether its key was the same then.</param>
    /// <param name="sameOutput">Whether its output was the same then.</param>
    /// <param name="executed">Whether it ran now; else the action cache had it.</param>
    public static (Change Change, Source Source) Of(bool hadRow, bool sameKey, bool sameOutput, bool executed)
    {
        var source = executed ? Source.Executed : Source.ActionCache;
        if (!hadRow)
            return (Change.New, source);
        if (sameKey && !executed)
            return (Change.Cached, Source.Memory);
        return (sameOutput ? Change.Unchanged : Change.Modified, source);
    }
}
