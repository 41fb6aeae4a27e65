using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Which probes can give other objects than at a git revision. What a probe reads is known exactly when it has been
/// built as it is now: if none of that is different, it read the same then. A probe that has not been built yet is
/// affected by every change.
/// </summary>
internal sealed class AffectedProbes(Snapshot snapshot, PassRequest request, PassTools tools, GitChanges changes)
{
    private readonly Dictionary<CargoUnit, UnitChange> _units = new(ReferenceEqualityComparer.Instance);
    private readonly SettingsChange? _settings =
        changes.Touch(snapshot.Settings.File) ? new(Before(snapshot.Settings, changes), snapshot.Settings) : null;

    /// <summary>The affected ones among the probes that are asked for, in the order of their names.</summary>
    public IEnumerable<Probe> Find()
    {
        if (changes.IsEmpty)
            return [];
        var wanted = snapshot.Asked(request);
        return IsEveryProbe() ? wanted : wanted.Where(IsAffected);
    }

    private bool IsEveryProbe() =>
        _settings is { ConcernsAll: true }
        || snapshot.Settings.Inputs.Any(changes.TouchWithin)
        || ToolchainSelection.RustupFiles(snapshot.Settings.Directory).Any(changes.Touch);

    private bool IsAffected(Probe probe)
    {
        var closure = probe.Unit.Workspace.Closure(probe.Package);
        return _settings?.Concerns(probe.Name, snapshot.VariantsOf(probe.Name, request)) == true
            || Unit(probe.Unit).Concerns(closure)
            || Manifests(probe, closure).Any(changes.Touch)
            || Reads(probe);
    }

    private UnitChange Unit(CargoUnit unit) => _units.TryGetValue(unit, out var known)
        ? known
        : _units[unit] = UnitChange.Of(unit, changes, _settings is { ConcernsFeatures: true });

    private static IEnumerable<string> Manifests(Probe probe, IEnumerable<CargoPackage> closure)
    {
        var root = probe.Unit.Workspace.Root;
        // The root's manifest is compared by what it says, unless it is the manifest of a package as well.
        return closure.Where(p => p.Source is null).SelectMany(p => CargoMetadata.ManifestsAbove(p, root).Prepend(p.ManifestPath));
    }

    private bool Reads(Probe probe)
    {
        var built = RustcLookup.Candidates(probe, snapshot.Actions, tools)
            .FirstOrDefault(c => tools.Cache.TryGet(c.Action.Key) is not null);
        if (built.Paths is not { } paths)
            return true;
        var root = probe.Unit.Workspace.Root;
        var trees = paths.Trees.Concat(paths.Files).Select(t => Path.GetFullPath(t, root).TrimEnd('/')).ToList();
        return paths.Resolve(root, tools.Files).Any(f => changes.Touch(f.Path))
            || trees.Exists(changes.TouchWithin)
            || (!paths.Trees.IsEmpty && ListedBelow(trees).Any(changes.TouchWithin));
    }

    // A link in a tree may lead anywhere: what went from there is no longer below the tree.
    private IEnumerable<string> ListedBelow(List<string> trees) =>
        tools.Files.Listings.Keys.Where(d => trees.Exists(t => d.StartsWith($"{t}/", StringComparison.Ordinal)));

    private static Settings? Before(Settings now, GitChanges changes)
    {
        try
        {
            return changes.Before(now.File) is { } text ? SettingsReader.Read(System.Text.Encoding.UTF8.GetBytes(text), now.Directory) : null;
        }
        catch (ConfigurationException)
        {
            return null;
        }
    }
}
