using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Maintenance;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>The cache's results of the crates that cargo's directories are made of, for those who want to take them elsewhere.</summary>
internal static class StoredCrates
{
    /// <summary>Hashes of the keys of the crates in some of cargo's directories, and of the results by which builds find them.</summary>
    /// <param name="targetDirectories">Cargo's target directories.</param>
    /// <param name="inventory">What the cache has.</param>
    public static IReadOnlySet<string> KeysOf(IEnumerable<string> targetDirectories, CacheInventory inventory)
    {
        var keys = targetDirectories.SelectMany(CrateClosure.KeysBelow).Select(k => k.Hash).ToHashSet(StringComparer.Ordinal);
        var crates = inventory.Results.Where(r => keys.Contains(r.File.Name)).Select(r => r.Read()).OfType<StepResult>().ToList();
        foreach (var pathSets in inventory.Results.Where(r => r.Kind == CacheInventory.PathSets))
            if (pathSets.Read()?.Action is { } weak && crates.Exists(c => IsFoundBy(c.Action, weak)))
                keys.Add(pathSets.File.Name);
        return keys;
    }

    // The strong action is the weak one with the content of what rustc turned out to read.
    private static bool IsFoundBy(StepAction strong, StepAction weak) =>
        weak.Arguments.SequenceEqual(strong.Arguments) && weak.Inputs.Files.All(f => strong.Inputs.Files.TryGetValue(f.Key, out var digest) && digest == f.Value);
}
