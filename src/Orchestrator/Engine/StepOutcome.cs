using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>How a step ended in a pass in which it was not simply a repetition: what an explanation is made of later.</summary>
/// <param name="Pass">When that pass began.</param>
/// <param name="State">How it ended.</param>
/// <param name="Change">What happened to its output; meaningful when it is done.</param>
/// <param name="Source">Where the output came from.</param>
/// <param name="Milliseconds">How long it ran; zero when it did not.</param>
/// <param name="Key">Its action key; null when it was skipped.</param>
/// <param name="Reasons">Why it was not a repetition.</param>
/// <param name="Errors">What it found wrong, when it failed.</param>
internal sealed record StepOutcome(
    DateTimeOffset Pass,
    StepState State,
    Change Change,
    Source Source,
    double Milliseconds,
    string? Key,
    ImmutableArray<Reason> Reasons,
    ImmutableArray<string> Errors)
{
    /// <summary>The shared tier that its output came from; null when it came from nowhere else.</summary>
    public string? Tier { get; init; }

    /// <summary>Whether a process did work for it.</summary>
    public bool Ran => Source == Source.Executed || State == StepState.Failed;

    /// <summary>The bytes that the index keeps.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, OutcomeJson.Default.StepOutcome);

    /// <summary>Reads <see cref="Encode"/> back; null for anything else.</summary>
    public static StepOutcome? Decode(byte[] content) =>
        OutcomeJson.TryRead(content, OutcomeJson.Default.StepOutcome) is { Reasons.IsDefault: false, Errors.IsDefault: false } outcome ? outcome : null;
}

/// <summary>How a pass ended.</summary>
internal enum PassState
{
    /// <summary>Everything that was asked for is up to date.</summary>
    Succeeded,

    /// <summary>Something could not be built.</summary>
    Failed,

    /// <summary>It was stopped before it was through.</summary>
    Stopped,
}

/// <summary>The last pass over a workspace.</summary>
/// <param name="Began">When it began.</param>
/// <param name="State">How it ended.</param>
/// <param name="Probes">The probes that were asked for; empty for all.</param>
/// <param name="Variants">The variants that were asked for; empty for all.</param>
internal sealed record LastPass(DateTimeOffset Began, PassState State, ImmutableArray<string> Probes, ImmutableArray<string> Variants)
{
    /// <summary>Whether a step was asked for.</summary>
    public bool Wanted(StepId id) =>
        (Probes.IsEmpty || Probes.Contains(id.Probe)) && (Variants.IsEmpty || id.Variant.Length == 0 || Variants.Contains(id.Variant));

    /// <summary>The bytes that the index keeps.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, OutcomeJson.Default.LastPass);

    /// <summary>Reads <see cref="Encode"/> back; null for anything else.</summary>
    public static LastPass? Decode(byte[] content) =>
        OutcomeJson.TryRead(content, OutcomeJson.Default.LastPass) is { Probes.IsDefault: false, Variants.IsDefault: false } pass ? pass : null;
}

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(StepOutcome))]
[JsonSerializable(typeof(LastPass))]
internal sealed partial class OutcomeJson : JsonSerializerContext
{
    /// <summary>Reads what may have been written by another hand.</summary>
    public static T? TryRead<T>(byte[] content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(content, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
