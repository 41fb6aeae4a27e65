using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Maintenance;

/// <summary>A step on the way to some content.</summary>
/// <param name="Result">What it was and gave.</param>
/// <param name="Others">How many other results in the cache give the same for what stands behind: which of them it was, only the order of times tells.</param>
public sealed record ProvenanceStep(StepResult Result, int Others);

/// <summary>How content came to be, found by nothing but its bytes: the result that gave it, the one that gave what that read, and so on.</summary>
public static class Provenance
{
    /// <summary>The steps from the last back to the first that the cache knows; none when no result gave the content.</summary>
    /// <param name="inventory">What the cache has.</param>
    /// <param name="content">The digest of the content.</param>
    public static ImmutableArray<ProvenanceStep> Of(CacheInventory inventory, Digest content)
    {
        var producers = inventory.Results
            .Where(r => r.Kind != CacheInventory.PathSets)
            .SelectMany(r => r.Outputs.Distinct().Select(o => (Output: o, Result: r)))
            .ToLookup(p => p.Output, p => p.Result);
        var steps = ImmutableArray.CreateBuilder<ProvenanceStep>();
        var step = Latest(producers[content].Select(r => r.Read()).OfType<StepResult>(), null);
        // No action can have itself among what it came from, unless somebody breaks SHA-256.
        for (; step is not null; step = Before(step.Result, producers))
            steps.Add(step);
        return steps.ToImmutable();
    }

    // A stage reads what the stage before it gave, under the same names, and nothing else.
    private static ProvenanceStep? Before(StepResult step, ILookup<Digest, StoredResult> producers)
    {
        var inputs = step.Action.Inputs.Files.Select(f => new StepOutput(f.Key, f.Value)).ToList();
        if (inputs.Count == 0)
            return null;
        var candidates = inputs.Select(i => producers[i.Digest]).MinBy(p => p.Count())!;
        return Latest(candidates.Select(r => r.Read()).OfType<StepResult>().Where(r => inputs.TrueForAll(r.Outputs.Contains)), step.Completed);
    }

    // What was read was there before: of several that gave the same, the last one that was finished by then.
    private static ProvenanceStep? Latest(IEnumerable<StepResult> results, DateTime? before)
    {
        var ordered = results.OrderBy(r => r.Completed > before).ThenByDescending(r => r.Completed).ToList();
        return ordered is [var latest, .. var others] ? new ProvenanceStep(latest, others.Count) : null;
    }
}
