using System.Globalization;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reuse;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>Steps in words.</summary>
internal static class StepText
{
    /// <summary>One line: stage, probe and variant, what happened, how long it took.</summary>
    public static string Of(Step step)
    {
        var outcome = Outcome(step.State, step.Change, step.Source, step.Tier);
        var time = step.Ran ? $"  {Time(step.Elapsed)}" : "";
        return $"{step.Id.StageName,-8} {step.Id.Subject,-28} {outcome}{time}";
    }

    /// <summary>One line about a crate.</summary>
    public static string Of(CrateOutcome crate) => crate.Compiled
        ? $"{"crate",-8} {$"{crate.Package} ({crate.Kind})",-28} {Source.Executed}  {Time(crate.Elapsed)}"
        : $"{"crate",-8} {$"{crate.Package} ({crate.Kind})",-28} {Source.ActionCache}{Of(crate.Tier)}";

    /// <summary>How a step ended.</summary>
    public static string Outcome(StepState state, Change change, Source source, string? tier = null) => state switch
    {
        StepState.Failed => "FAILED",
        StepState.Skipped => "skipped",
        _ => $"{change}/{source}{Of(tier)}",
    };

    private static string Of(string? tier) => tier is null ? "" : $" ({tier})";

    /// <summary>A line with its reasons below it.</summary>
    public static string WithReasons(string line, IEnumerable<Reason> reasons, string indentation = "    ") =>
        string.Join('\n', reasons.Select(r => $"{indentation}{ReasonText.Of(r)}").Prepend(line));

    /// <summary>A duration as a person reads it.</summary>
    public static string Time(TimeSpan elapsed) => elapsed.TotalSeconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:0.00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalMilliseconds:0.0} ms");
}
