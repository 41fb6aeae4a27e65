using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>What became of a probe that was built again.</summary>
/// <param name="Probe">Its name.</param>
/// <param name="Differences">The first steps that differ: of those that all variants share, or else of each variant.</param>
/// <param name="Objects">For each variant, whether its object is the same.</param>
/// <param name="Missing">The first step that could not be repeated; null when all were.</param>
internal sealed record ProbeComparison(
    string Probe, ImmutableArray<Difference> Differences, ImmutableSortedDictionary<string, bool> Objects, StepId? Missing)
{
    /// <summary>Whether every step gave what it gave before, from the same key.</summary>
    public bool IsSame => Differences.IsEmpty && Missing is null;

    /// <summary>Compares the results of a probe's steps.</summary>
    /// <param name="probe">The probe's name.</param>
    /// <param name="variants">The variants that were built.</param>
    /// <param name="before">What the cache has.</param>
    /// <param name="now">What was built again.</param>
    /// <param name="missing">The first step that could not be repeated.</param>
    /// <param name="textOf">The texts among inputs.</param>
    public static ProbeComparison Of(
        string probe, IEnumerable<string> variants, IReadOnlyDictionary<StepId, StepResult> before, IReadOnlyDictionary<StepId, StepResult> now,
        StepId? missing, Func<Digest, string?> textOf)
    {
        var names = variants.ToList();
        var shared = First([new(Stage.Rustc, probe), new(Stage.Link, probe)]);
        var differences = shared is not null ? [shared] : names.Select(v => First([new(Stage.Patch, probe, v), new(Stage.Optimize, probe, v), new(Stage.Codegen, probe, v)])).OfType<Difference>();
        return new ProbeComparison(probe, [.. differences], names.ToImmutableSortedDictionary(v => v, IsSameObject, StringComparer.Ordinal), missing);

        Difference? First(IEnumerable<StepId> steps) => steps.Select(Compare).FirstOrDefault(d => d is not null);

        Difference? Compare(StepId id) => before.TryGetValue(id, out var was) && now.TryGetValue(id, out var made)
            && Difference.Between(id.ToString(), was, made, textOf) is { } difference ? difference with { Step = id } : null;

        bool IsSameObject(string variant) => new StepId(Stage.Codegen, probe, variant) is var id
            && before.TryGetValue(id, out var was) && now.TryGetValue(id, out var made) && was.Identity == made.Identity;
    }
}
