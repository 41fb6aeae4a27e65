using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What <c>--dry-run</c> prints.</summary>
internal static class PredictionText
{
    /// <summary>What is printed when everything is up to date.</summary>
    public const string Nothing = "nothing would run";

    public static void Write(Output output, IReadOnlyList<PredictedStep> steps)
    {
        foreach (var step in steps.Where(s => s.Forecast != Forecast.Known))
        {
            var forecast = step.Forecast == Forecast.Runs ? "would run" : "would run if its input changes";
            output.Line(StepText.WithReasons($"{step.Id.StageName,-8} {step.Id.Subject,-28} {forecast}", step.Reasons));
        }
        var runs = steps.Count(s => s.Forecast == Forecast.Runs);
        var depends = steps.Count(s => s.Forecast == Forecast.Depends);
        output.Line(runs == 0
            ? Nothing
            : $"{runs} of {steps.Count} steps would run, {depends} more depend on what these give");
    }
}
