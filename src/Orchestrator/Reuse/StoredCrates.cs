using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>
/// The cache's results of the crates below probes as they are now, for those who want to keep them or to take them elsewhere. Which
/// calls of rustc cargo would make, only cargo knows; so they are told by what the results say of themselves.
/// </summary>
internal static class StoredCrates
{
    /// <summary>Hashes of the keys of the crates, and of the results by which builds find them.</summary>
    /// <param name="probes">The probes.</param>
    /// <param name="snapshot">What there is.</param>
    /// <param name="files">What is in the files.</param>
    /// <param name="inventory">What the cache has.</param>
    public static IEnumerable<string> KeysOf(IEnumerable<Probe> probes, Snapshot snapshot, FileTable files, CacheInventory inventory)
    {
        var crates = Of(probes, snapshot, files, inventory).Select(c => c.Action).ToList();
        var pathSets = inventory.Results.Where(r => r.Kind == CacheInventory.PathSets)
            .Where(r => r.Read()?.Action is { } weak && crates.Exists(c => IsFoundBy(c, weak)));
        return crates.Select(c => c.Key.Hash).Concat(pathSets.Select(r => r.File.Name));
    }

    /// <summary>The results of the crates.</summary>
    /// <inheritdoc cref="KeysOf"/>
    public static IReadOnlyList<StepResult> Of(IEnumerable<Probe> probes, Snapshot snapshot, FileTable files, CacheInventory inventory)
    {
        var closures = probes.GroupBy(p => p.Unit.Workspace)
            .Select(w => (w.Key.Root, Packages: w.Key.Closure(w.Select(p => p.Package)).Select(p => (p.Name, p.Version)).ToHashSet()))
            .ToList();
        return [.. inventory.Results.Where(r => r.Kind == CrateActions.Stage)
            .Select(r => r.Read()).OfType<StepResult>()
            .Where(c => c.Action.Properties.Contains(new("toolchain", snapshot.Toolchain.Identity)))
            .Where(c => closures.Exists(w => w.Packages.Contains(CrateActions.PackageOf(c.Action)) && IsMadeOf(c.Action, w.Root, files)))];
    }

    // What is of a registry has its version for it.
    private static bool IsMadeOf(StepAction crate, string root, FileTable files) =>
        PathSet.Of(crate).Files.All(f => files.DigestOf(Path.GetFullPath(f, root)) == crate.Inputs.Files[PathSet.InputName(f)]);

    // The strong action is the weak one with the content of what rustc turned out to read.
    private static bool IsFoundBy(StepAction strong, StepAction weak) =>
        weak.Arguments.SequenceEqual(strong.Arguments) && weak.Inputs.Files.All(f => strong.Inputs.Files.TryGetValue(f.Key, out var digest) && digest == f.Value);
}
