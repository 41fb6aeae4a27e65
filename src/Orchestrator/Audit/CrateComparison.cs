using BpfIncr.Cache.Actions;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>
/// Compares crates below the probes. A crate that differs makes every one above it another one; only where it begins is worth
/// being said.
/// </summary>
internal static class CrateComparison
{
    /// <summary>The crates that are not what the cache has of them, for a reason of their own.</summary>
    /// <param name="rebuilt">What was built again.</param>
    /// <param name="find">Looks for a result by its key.</param>
    /// <param name="recorded">All that the cache has of these crates as they are now; asked for only when a key is not found.</param>
    public static IEnumerable<Difference> Of(IEnumerable<StepResult> rebuilt, Func<StepAction, StepResult?> find, Lazy<IReadOnlyList<StepResult>> recorded) =>
        rebuilt.Select(now => find(now.Action) is { } before ? Between(before, now) : Nearest(now, recorded.Value))
            .OfType<Difference>()
            .Where(d => d.Reasons.IsEmpty || d.Reasons.Any(r => !IsOfAnotherCrate(r)))
            .OrderBy(d => d.Subject, StringComparer.Ordinal);

    private static Difference? Nearest(StepResult now, IReadOnlyList<StepResult> recorded) => recorded
        .Where(r => CrateActions.NameOf(r.Action) == CrateActions.NameOf(now.Action) && SourceOf(r) == SourceOf(now))
        .Select(before => Between(before, now))
        .MinBy(d => d?.Reasons.Length);

    private static Difference? Between(StepResult before, StepResult now) => Difference.Between(CrateActions.NameOf(now.Action), before, now, _ => null);

    private static string? SourceOf(StepResult crate) => crate.Action.Arguments.LastOrDefault(a => a.StartsWith("--source=", StringComparison.Ordinal));

    private static bool IsOfAnotherCrate(Reason reason) => reason.Name.StartsWith(PathSet.OwnName("crates", ""), StringComparison.Ordinal);
}
