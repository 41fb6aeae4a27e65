using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What differs since a git revision in the files that all probes of one Cargo workspace share.</summary>
/// <param name="IsEverything">Whether it concerns every probe, or cannot be told.</param>
/// <param name="Packages">Names of packages that are others than before.</param>
/// <param name="Dependencies">Names in <c>[workspace.dependencies]</c> that stand for something else.</param>
/// <param name="Features">Whether cargo may give other features to a package that has some.</param>
internal sealed record UnitChange(
    bool IsEverything, IReadOnlySet<string> Packages, IReadOnlySet<string> Dependencies, bool Features)
{
    private static readonly UnitChange Everything = new(true, new HashSet<string>(), new HashSet<string>(), true);

    /// <summary>Whether it concerns a probe with these packages.</summary>
    public bool Concerns(IReadOnlyCollection<CargoPackage> closure) =>
        IsEverything
        || closure.Any(p => Packages.Contains(p.Name))
        || closure.Any(p => p.Source is null && p.Dependencies.Any(d => Dependencies.Contains(d.Alias)))
        || (Features && closure.Any(p => p.Features.Count > 0));

    /// <summary>Compares a workspace with what it was.</summary>
    /// <param name="unit">The workspace.</param>
    /// <param name="changes">What git says.</param>
    /// <param name="features">Whether the configuration asks for other features.</param>
    public static UnitChange Of(CargoUnit unit, GitChanges changes, bool features)
    {
        var root = unit.Workspace.Root;
        if (CargoMetadata.ConfigFiles(root).Any(changes.Touch))
            return Everything;
        IReadOnlySet<string>? packages = new HashSet<string>(), dependencies = new HashSet<string>();
        var lockFile = Path.Combine(root, "Cargo.lock");
        if (changes.Touch(lockFile))
            packages = File.Exists(lockFile) ? LockFile.ChangedPackages(changes.Before(lockFile), File.ReadAllText(lockFile)) : null;
        var manifest = Path.Combine(root, "Cargo.toml");
        if (changes.Touch(manifest))
        {
            var now = File.ReadAllText(manifest);
            if (changes.Before(manifest) is not { } before || RootManifest.WithoutMembership(before) != RootManifest.WithoutMembership(now))
                return Everything;
            dependencies = ManifestText.ChangedDependencies(before, now);
            features |= ManifestText.ChangedMembers(before, now).Any(m => !changes.Touch(Path.GetFullPath(Path.Combine(m, "Cargo.toml"), root)));
        }
        if (packages is null || dependencies is null)
            return Everything;
        return new UnitChange(false, packages, dependencies, features || dependencies.Count > 0 || RequestsDiffer(unit, changes));
    }

    // Cargo unifies features over all probes of a workspace: another one's manifest can change what this one gets.
    private static bool RequestsDiffer(CargoUnit unit, GitChanges changes)
    {
        var manifests = unit.Workspace.Packages.Values.Where(p => p.Source is null).Select(p => p.ManifestPath).ToList();
        var changed = manifests.Where(changes.Touch).Union(changes.Named("Cargo.toml", unit.Workspace.Root), StringComparer.Ordinal).ToList();
        if (changed.Count == 0)
            return false;
        var same = Requests(manifests.Except(changed, StringComparer.Ordinal).Select(File.ReadAllText));
        var before = Requests(changed.Select(changes.Before).OfType<string>());
        var now = Requests(changed.Where(File.Exists).Select(File.ReadAllText));
        if (same is null || before is null || now is null)
            return true;
        before.ExceptWith(same);
        now.ExceptWith(same);
        return !before.SetEquals(now);
    }

    private static HashSet<string>? Requests(IEnumerable<string> manifests)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        foreach (var manifest in manifests)
        {
            if (ManifestText.Requests(manifest) is not { } requests)
                return null;
            all.UnionWith(requests);
        }
        return all;
    }
}
