using System.Globalization;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>Steps in words.</summary>
internal static class StepText
{
    /// <summary>One line: stage, probe and variant, what happened, how long it took.</summary>
    public static string Of(Step step)
    {
        var outcome = step.State switch
        {
            StepState.Failed => "FAILED",
            StepState.Skipped => "skipped",
            _ => $"{step.Change}/{step.Source}",
        };
        var time = step.Ran ? $"  {Time(step.Elapsed)}" : "";
        return $"{step.Id.StageName,-8} {step.Id.Subject,-28} {outcome}{time}";
    }

    /// <summary>Why the step was not the one of before.</summary>
    public static IEnumerable<string> Reasons(Step step)
    {
        if (step.State == StepState.Skipped || step.Source == Source.Memory || step.Change == Change.Removed)
            return [];
        if (step.Reasons.Length > 0)
            return step.Reasons.Select(r => r.ToString());
        return step.Change switch
        {
            Change.New => ["never asked for here before"],
            _ when step.Source == Source.Executed => ["its result was no longer in the cache"],
            _ => [],
        };
    }

    /// <summary>A duration as a person reads it.</summary>
    public static string Time(TimeSpan elapsed) => elapsed.TotalSeconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:0.00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalMilliseconds:0.0} ms");
}
