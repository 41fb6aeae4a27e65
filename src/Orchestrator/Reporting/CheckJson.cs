using System.Text.Json.Serialization;
using BpfIncr.Orchestrator.Verify;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What <c>check --json</c> prints; <c>docs/json.md</c> describes it.</summary>
internal sealed record CheckJson(bool IsAccepted, IReadOnlyList<string> NotBuilt, IReadOnlyList<CheckedKernelJson> Kernels)
{
    /// <summary>The text of verdicts.</summary>
    /// <param name="verdicts">What each kernel says.</param>
    /// <param name="notBuilt">The objects that no kernel was asked about, because they could not be built.</param>
    public static string Of(IReadOnlyList<KernelVerdict> verdicts, IReadOnlyList<string> notBuilt) => JsonText.Of(
        new CheckJson(
            verdicts.All(v => v.IsAccepted) && notBuilt.Count == 0,
            notBuilt,
            [.. verdicts.Select(v => new CheckedKernelJson(v.Kernel, v.IsAccepted, [.. v.Objects.Select(CheckedObjectJson.Of)]))]),
        CheckJsonContext.Default.CheckJson);
}

/// <summary>What a kernel makes of all objects.</summary>
internal sealed record CheckedKernelJson(string Kernel, bool IsAccepted, IReadOnlyList<CheckedObjectJson> Objects);

/// <summary>What a kernel makes of an object.</summary>
internal sealed record CheckedObjectJson(
    string Name, string Path, string Digest, bool IsAccepted, bool IsKnown, int Programs, int Instructions, int Functions, int Lines, IReadOnlyList<FindingJson> Findings)
{
    /// <summary>The view of a verdict.</summary>
    public static CheckedObjectJson Of(ObjectVerdict o) => new(
        o.Object.Name, o.Object.Path, o.Object.Digest.Hash, o.Verdict.IsAccepted, o.IsKnown, o.Verdict.Programs, o.Verdict.Instructions, o.Verdict.Functions, o.Verdict.Lines,
        [.. o.Verdict.Diagnostics.Select(FindingJson.Of)]);
}

/// <summary>Something that a kernel has against an object.</summary>
internal sealed record FindingJson(Severity Severity, string Id, string Message, string? Hint, string? Function, string? File, int? Line, string? Log)
{
    /// <summary>The view of a diagnostic.</summary>
    public static FindingJson Of(Diagnostic d) => new(d.Severity, d.Id, d.Message, d.Hint, d.Function, d.File, d.Line > 0 ? d.Line : null, d.Detail);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckJson))]
internal sealed partial class CheckJsonContext : JsonSerializerContext;
