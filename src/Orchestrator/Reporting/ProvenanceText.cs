using System.Collections.Immutable;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Maintenance;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>The provenance of an object in words.</summary>
internal static class ProvenanceText
{
    private const string RustcStage = "rustc";

    /// <summary>Prints every step, the last one first.</summary>
    public static void Write(Output output, Digest digest, ImmutableArray<ProvenanceStep> steps)
    {
        output.Line($"sha256 {digest.Hash}, {digest.Size} bytes");
        foreach (var (result, others) in steps)
        {
            var when = result.Completed is { } completed ? $"{QuantityText.Moment(completed)} UTC" : "at an unknown time";
            output.Line($"{CacheInventory.KindOf(result),-8} {when}, in {StepText.Time(result.Elapsed)}, key {result.Action.Key.Short}");
            if (others > 0)
                output.Line($"    {QuantityText.Count(others, "other result")} in the cache gave the same output; this was the last one by then");
            foreach (var (name, value) in result.Action.Ingredients().Where(i => i.Value.Length > 0))
                output.Line($"    {name}: {value}");
        }
        if (CacheInventory.KindOf(steps[^1].Result) != RustcStage)
            output.Line("what came before is not in the cache any more");
    }
}
