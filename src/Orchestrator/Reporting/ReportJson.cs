using System.Text.Json.Serialization;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What <c>--json</c> prints; <c>docs/json.md</c> describes it. Members are added to it, and none is renamed or removed.</summary>
internal sealed record ExplanationJson(string Probe, PassJson? LastPass, IReadOnlyList<StepJson> Steps, IReadOnlyList<PredictedJson> Next)
{
    /// <summary>An explanation, and what a build would do now.</summary>
    public static string Of(Explanation explanation) => JsonText.Of(
        new ExplanationJson(
            explanation.Probe,
            explanation.LastPass is { } last ? new PassJson(last.Began.UtcDateTime, last.State) : null,
            [.. explanation.Steps.Select(s => new StepJson(
                s.Id.StageName, VariantOf(s.Id), s.Standing, OutcomeOf(s.Latest), OutcomeOf(s.Ran)))],
            [.. explanation.Next.Select(PredictedJson.Of)]),
        ReportJson.Default.ExplanationJson);

    /// <summary>The variant of a step; null where it has none.</summary>
    public static string? VariantOf(StepId id) => id.Variant.Length == 0 ? null : id.Variant;

    private static OutcomeJsonView? OutcomeOf(StepOutcome? outcome) => outcome is null ? null : new OutcomeJsonView(
        outcome.Pass.UtcDateTime, outcome.State, outcome.Change, outcome.Source, outcome.Tier, outcome.Milliseconds, outcome.Key,
        [.. outcome.Reasons.Select(ReasonJson.Of)], outcome.Errors);
}

/// <summary>The last pass.</summary>
internal sealed record PassJson(DateTime Began, PassState State);

/// <summary>A step's past.</summary>
internal sealed record StepJson(string Stage, string? Variant, Standing LastPass, OutcomeJsonView? LastChange, OutcomeJsonView? LastRun);

/// <summary>How a step ended.</summary>
internal sealed record OutcomeJsonView(
    DateTime Pass, StepState State, Change Change, Source Source, string? Tier, double Milliseconds, string? Key,
    IReadOnlyList<ReasonJson> Reasons, IReadOnlyList<string> Errors);

/// <summary>A reason, for programs and in words.</summary>
internal sealed record ReasonJson(ReasonKind Kind, string Name, string? Before, string? Now, string Text)
{
    /// <summary>The view of a reason.</summary>
    public static ReasonJson Of(Reason reason) => new(reason.Kind, reason.Name, reason.Before, reason.Now, ReasonText.Of(reason));
}

/// <summary>What would happen to a step.</summary>
internal sealed record PredictedJson(
    string Stage, string Probe, string? Variant, Forecast Forecast, string? Key, bool PlacesObject, IReadOnlyList<ReasonJson> Reasons)
{
    /// <summary>The view of a predicted step.</summary>
    public static PredictedJson Of(PredictedStep step) => new(
        step.Id.StageName, step.Id.Probe, ExplanationJson.VariantOf(step.Id), step.Forecast, step.Key?.Hash, step.PlacesObject,
        [.. step.Reasons.Select(ReasonJson.Of)]);
}

/// <summary>A prediction.</summary>
internal sealed record PredictionJson(IReadOnlyList<PredictedJson> Steps)
{
    /// <summary>What a build would do.</summary>
    public static string Of(IEnumerable<PredictedStep> steps) => JsonText.Of(
        new PredictionJson([.. steps.Select(PredictedJson.Of)]), ReportJson.Default.PredictionJson);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ExplanationJson))]
[JsonSerializable(typeof(PredictionJson))]
internal sealed partial class ReportJson : JsonSerializerContext;
