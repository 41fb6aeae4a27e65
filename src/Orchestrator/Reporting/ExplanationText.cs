using System.Globalization;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>An explanation in words: what <c>explain</c> prints.</summary>
internal static class ExplanationText
{
    private const string Indentation = "    ";

    /// <summary>The last pass, every step, and what would happen now.</summary>
    public static void Write(Output output, Explanation explanation)
    {
        if (explanation.Steps.All(s => s.Standing == Standing.Never))
            output.Line($"{explanation.Probe} was never built here");
        else
            foreach (var line in Past(explanation))
                output.Line(line);
        output.Line();
        output.Line("a build now:");
        PredictionText.Write(output, explanation.Next, verbose: false);
    }

    private static IEnumerable<string> Past(Explanation explanation) =>
    [
        .. explanation.LastPass is { } last ? [$"the last pass began on {Time(last.Began)} and {Ended(last.State)}"] : Array.Empty<string>(),
        .. explanation.Steps.SelectMany(Lines),
    ];

    private static IEnumerable<string> Lines(StepExplanation step)
    {
        yield return step.Standing == Standing.Changed
            ? StepText.WithReasons(Line(step.Id, Outcome(step.Latest!)), step.Latest!.Reasons)
            : Line(step.Id, step.Standing switch
            {
                Standing.Never => "never built here",
                Standing.NotReached => "not reached: the pass was stopped",
                Standing.NotAsked => "not asked for",
                _ => $"{Change.Cached}/{Source.Memory}",
            });
        foreach (var error in step is { Standing: Standing.Changed } ? step.Latest!.Errors : [])
            yield return $"{Indentation}error {error}";
        if (step.Latest is { } latest && step.Standing != Standing.Changed)
            yield return Earlier("last changed", latest);
        if (step.Ran is { } ran && step.Latest != ran)
            yield return Earlier("last ran", ran);
    }

    private static string Earlier(string what, StepOutcome outcome) => StepText.WithReasons(
        $"{Indentation}{what} on {Time(outcome.Pass)}: {Outcome(outcome)}", outcome.Reasons, Indentation + Indentation);

    private static string Line(StepId id, string outcome) => $"{id.StageName,-8} {id.Subject,-28} {outcome}";

    private static string Outcome(StepOutcome outcome) =>
        StepText.Outcome(outcome.State, outcome.Change, outcome.Source, outcome.Tier)
        + (outcome.Ran ? $"  {StepText.Time(TimeSpan.FromMilliseconds(outcome.Milliseconds))}" : "");

    private static string Ended(PassState state) => state switch
    {
        PassState.Succeeded => "left everything up to date",
        PassState.Failed => "could not build everything",
        _ => "was stopped",
    };

    private static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
