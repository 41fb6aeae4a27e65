using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Which probes read a changed file. What a probe reads is taken from the path sets that the cache has for it; a probe
/// that has none is affected by everything, and a file that can change every probe affects all.
/// </summary>
internal sealed class AffectedProbes(Snapshot snapshot, PassTools tools)
{
    /// <summary>The probes that one of the changed paths can change, in the order of their names.</summary>
    public IEnumerable<Probe> By(IReadOnlySet<string> changed) =>
        snapshot.Probes.Where(p => SharedPaths(p).Any(changed.Contains) || Declared(changed) || Reads(p, changed));

    private static IEnumerable<string> SharedPaths(Probe probe)
    {
        var root = probe.Unit.Workspace.Root;
        return
        [
            Path.Combine(root, "Cargo.toml"), Path.Combine(root, "Cargo.lock"),
            .. CargoMetadata.ConfigFiles(root),
            .. probe.Unit.Workspace.Closure(probe.Package).Where(p => p.Source is null).Select(p => p.ManifestPath),
        ];
    }

    private bool Declared(IReadOnlySet<string> changed) =>
        changed.Contains(snapshot.Settings.File)
        || snapshot.Settings.Inputs.Any(input => changed.Any(c => IsWithin(c, input)));

    private bool Reads(Probe probe, IReadOnlySet<string> changed)
    {
        var root = probe.Unit.Workspace.Root;
        var candidates = RustcLookup.Candidates(probe, snapshot.Actions, tools).Take(1).ToList();
        return candidates.Count == 0
            || candidates[0].Paths.Files.Any(f => changed.Contains(Path.GetFullPath(f, root)))
            || candidates[0].Paths.Trees.Any(t => changed.Any(c => IsWithin(c, Path.GetFullPath(t, root).TrimEnd('/'))));
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith($"{directory}/", StringComparison.Ordinal);
}
