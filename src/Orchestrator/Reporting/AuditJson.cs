using System.Text.Json.Serialization;
using BpfIncr.Orchestrator.Audit;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What <c>audit --json</c> prints; <c>docs/json.md</c> describes it.</summary>
internal sealed record AuditJson(
    bool IsClean, IReadOnlyList<AuditedProbeJson> Probes, IReadOnlyList<DifferenceJson> Crates, IReadOnlyList<UnknownReadsJson>? Unknown)
{
    /// <summary>The text of a report.</summary>
    public static string Of(AuditReport report) => JsonText.Of(
        new AuditJson(
            report.IsClean,
            [.. report.Probes.Select(AuditedProbeJson.Of)],
            [.. report.Crates.Select(DifferenceJson.Of)],
            report.Reads is { } reads ? [.. reads.Select(UnknownReadsJson.Of)] : null),
        AuditJsonContext.Default.AuditJson);
}

/// <summary>A probe that was built again.</summary>
internal sealed record AuditedProbeJson(
    string Probe, bool IsSame, string? Missing, IReadOnlyDictionary<string, bool> Objects, IReadOnlyList<DifferenceJson> Differences)
{
    /// <summary>The view of a probe.</summary>
    public static AuditedProbeJson Of(ProbeComparison probe) =>
        new(probe.Probe, probe.IsSame, probe.Missing?.ToString(), probe.Objects, [.. probe.Differences.Select(DifferenceJson.Of)]);
}

/// <summary>A step or a crate that is another one.</summary>
internal sealed record DifferenceJson(
    string Subject, string? Stage, string? Variant, string KeyBefore, string KeyNow, IReadOnlyList<ReasonJson> Reasons, IReadOnlyList<OutputDifferenceJson> Outputs)
{
    /// <summary>The view of a difference.</summary>
    public static DifferenceJson Of(Difference difference) => new(
        difference.Subject, difference.Step?.StageName, difference.Step is { } id ? ExplanationJson.VariantOf(id) : null,
        difference.Before.Action.Key.Hash, difference.Now.Action.Key.Hash,
        [.. difference.Reasons.Select(ReasonJson.Of)],
        [.. difference.Outputs.Select(o => new OutputDifferenceJson(o.Name, o.Before?.Hash, o.Now?.Hash, o.Diff))]);
}

/// <summary>An output that is another one.</summary>
internal sealed record OutputDifferenceJson(string Name, string? Before, string? Now, string? Diff);

/// <summary>What a unit uses that no key knows.</summary>
internal sealed record UnknownReadsJson(string Package, bool IsBuildScript, string Subject, IReadOnlyList<string> Probes, IReadOnlyList<UnknownFileJson> Files, string Advice)
{
    /// <summary>The view of a unit.</summary>
    public static UnknownReadsJson Of(UnknownReads reads) => new(
        reads.Unit.Package.Name, reads.Unit.IsBuildScript, reads.Unit.Subject, reads.Probes,
        [.. reads.Files.Select(f => new UnknownFileJson(f.Name, f.Use))], AuditText.Advice(reads));
}

/// <summary>A file that no key knows.</summary>
internal sealed record UnknownFileJson(string Name, FileUse Use);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AuditJson))]
internal sealed partial class AuditJsonContext : JsonSerializerContext;
