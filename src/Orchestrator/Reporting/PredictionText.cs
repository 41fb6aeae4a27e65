using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>A prediction in words: what <c>--dry-run</c> prints.</summary>
internal static class PredictionText
{
    /// <summary>What is printed when everything is up to date.</summary>
    public const string Nothing = "nothing would run";

    /// <summary>A line for each step that something would happen to, and the sum.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="steps">The prediction.</param>
    /// <param name="verbose">Whether the other steps are listed too.</param>
    public static void Write(Output output, IReadOnlyList<PredictedStep> steps, bool verbose)
    {
        foreach (var step in steps)
            if (verbose || step.PlacesObject || step.Forecast is not (Forecast.Known or Forecast.Found))
                output.Line(StepText.WithReasons($"{step.Id.StageName,-8} {step.Id.Subject,-28} {Of(step)}", step.Reasons));
        output.Line(Summary(steps));
    }

    private static string Of(PredictedStep step) => step.Forecast switch
    {
        Forecast.Known => $"would be as before{Object(step)}",
        Forecast.Found => $"would be taken from the cache{Object(step)}",
        Forecast.Runs => "would run",
        Forecast.Depends => "would run if its input changes",
        Forecast.Removed => "would be removed",
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    private static string Object(PredictedStep step) => step.PlacesObject ? ", its object put in place" : "";

    private static string Summary(IReadOnlyList<PredictedStep> steps)
    {
        int Count(Forecast forecast) => steps.Count(s => s.Forecast == forecast);
        var (runs, depends, found, removed, places) = (Count(Forecast.Runs), Count(Forecast.Depends), Count(Forecast.Found), Count(Forecast.Removed), steps.Count(s => s.PlacesObject));
        string[] parts =
        [
            runs == 0 ? Nothing : $"{runs} of {steps.Count - removed} steps would run",
            .. depends > 0 ? [$"{depends} more depend on what these give"] : Array.Empty<string>(),
            .. places > 0 ? [$"{(places == 1 ? "1 object" : $"{places} objects")} would be put in place"] : Array.Empty<string>(),
            .. found > 0 ? [$"{found} would be taken from the cache"] : Array.Empty<string>(),
            .. removed > 0 ? [$"{removed} would be removed"] : Array.Empty<string>(),
        ];
        return string.Join("; ", parts);
    }
}
