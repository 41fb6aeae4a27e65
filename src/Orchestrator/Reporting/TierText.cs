using BpfIncr.Cache.Tiers;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What is the matter with a shared cache, in words.</summary>
internal static class TierText
{
    /// <summary>The warning.</summary>
    public static Diagnostic Of(TierTrouble trouble) => trouble.Kind switch
    {
        TierTroubleKind.Unusable => Diagnostic.Warning(
            "BPFI1090", $"the shared cache {trouble.Tier.Path} cannot be used: {trouble.Detail}", "this build goes on without it"),
        TierTroubleKind.Unwritable => Diagnostic.Warning(
            "BPFI1091", $"the shared cache {trouble.Tier.Path} cannot be written: {trouble.Detail}", "this build writes no more to it"),
        TierTroubleKind.Damaged => Diagnostic.Warning(
            "BPFI1092", $"in the shared cache {trouble.Tier.Path}, {trouble.Detail} is damaged; it counts as missing{Kept(trouble.Tier)}"),
        TierTroubleKind.NonDeterministic => Diagnostic.Warning(
            "BPFI1093", $"not deterministic: {trouble.Detail}, in the shared cache {trouble.Tier.Path}, where the first one stays",
            "something that is no part of the key changes the output: a time, a path, an undeclared input"),
        TierTroubleKind.Untrusted => Diagnostic.Warning(
            "BPFI1094", $"the shared cache {trouble.Tier.Path} has results that none of its signers has signed; they count as missing", $"one of them: {trouble.Detail}"),
        TierTroubleKind.NotASigner => Diagnostic.Warning(
            "BPFI1095", $"the shared cache {trouble.Tier.Path} is only read: {trouble.Detail}", "give a key of one of its signers, or name it as read-only"),
        _ => throw new ArgumentOutOfRangeException(nameof(trouble)),
    };

    private static string Kept(TierSettings tier) => tier.IsReadOnly ? "" : " and is in quarantine there";
}
