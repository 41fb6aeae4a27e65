using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>What should have been one step, or one crate, and is two: what the cache has of it, and what was built again.</summary>
/// <param name="Subject">What it is, for people.</param>
/// <param name="Before">What the cache has.</param>
/// <param name="Now">What was built again.</param>
/// <param name="Reasons">What differs in its key; none when it is the same key.</param>
internal sealed record Difference(string Subject, StepResult Before, StepResult Now, ImmutableArray<Reason> Reasons)
{
    /// <summary>The step; null for a crate.</summary>
    public StepId? Step { get; init; }

    /// <summary>The outputs that are not the same.</summary>
    public ImmutableArray<OutputDifference> Outputs { get; init; } = OutputsOf(Before, Now);

    /// <summary>The difference of two results; null when there is none.</summary>
    /// <param name="subject">What they are results of.</param>
    /// <param name="before">What the cache has.</param>
    /// <param name="now">What was built again.</param>
    /// <param name="textOf">The texts among inputs.</param>
    public static Difference? Between(string subject, StepResult before, StepResult now, Func<Digest, string?> textOf)
    {
        var reasons = new ActionDifferences(textOf).Between(before.Action, now.Action);
        return reasons.IsEmpty && before.Identity == now.Identity ? null : new Difference(subject, before, now, reasons);
    }

    private static ImmutableArray<OutputDifference> OutputsOf(StepResult before, StepResult now)
    {
        var (old, young) = (ByName(before), ByName(now));
        return [.. old.Keys.Union(young.Keys).Order(StringComparer.Ordinal)
            .Select(n => new OutputDifference(n, old.TryGetValue(n, out var was) ? was : null, young.TryGetValue(n, out var made) ? made : null))
            .Where(o => o.Before != o.Now)];
    }

    private static Dictionary<string, Digest> ByName(StepResult result) => result.Outputs.ToDictionary(o => o.Name, o => o.Digest, StringComparer.Ordinal);
}

/// <summary>An output that is not the same.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Before">What the cache has; null when it has none of that name.</param>
/// <param name="Now">What was built again; null when that has none.</param>
internal sealed record OutputDifference(string Name, Digest? Before, Digest? Now)
{
    /// <summary>How they differ, as the lines of a diff; null when they have no text, or nobody has asked for it.</summary>
    public string? Diff { get; init; }
}
