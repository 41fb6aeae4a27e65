using System.Collections.Immutable;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// What the units of a Cargo workspace read, as far as anybody says it: rustc in its dep-info, build scripts in their
/// <c>rerun-if</c> lines. What is read besides is known to no key.
/// </summary>
internal sealed class UnitPaths(CargoUnit unit)
{
    private readonly string _root = unit.Workspace.Root;

    /// <summary>What rustc read for a crate.</summary>
    /// <param name="package">The crate's package.</param>
    /// <param name="depInfo">Its dep-info file; null when there is none to be found.</param>
    /// <param name="generated">The variables that the package's build script sets.</param>
    public PathSet OfCrate(CargoPackage package, string? depInfo, IReadOnlyCollection<string> generated)
    {
        // Without dep-info any file of the package may have been read.
        if (depInfo is null)
            return new PathSet([], [Name(package.Directory)], []);
        var info = DepInfo.Parse(File.ReadAllText(depInfo));
        return new PathSet(
            [.. info.Files.Select(f => Absolute(package, f)).Where(f => package.Source is null && !IsGenerated(f)).Select(Name)],
            // rustc does not escape a line end in a name: what is read here is then half of it, and any file may be meant.
            package.Source is null && info.Files.Any(f => !File.Exists(Absolute(package, f))) ? [Name(package.Directory)] : [],
            [.. info.Variables.Where(v => !IsCargos(v) && !generated.Contains(v))]);
    }

    /// <summary>
    /// What a build script says that it depends on: lines <c>cargo:rerun-if-changed=PATH</c> and
    /// <c>cargo::rerun-if-env-changed=NAME</c>; without any, cargo looks at the whole package.
    /// </summary>
    /// <param name="package">The script's package.</param>
    /// <param name="output">The file with what it printed.</param>
    public PathSet OfBuildScript(CargoPackage package, string output)
    {
        var lines = File.Exists(output) ? File.ReadAllLines(output) : [];
        var paths = Values(lines, "rerun-if-changed").Select(p => Path.GetFullPath(p, package.Directory)).ToList();
        var variables = Values(lines, "rerun-if-env-changed").ToImmutableSortedSet(StringComparer.Ordinal);
        if (package.Source is not null)
            return new PathSet([], [], variables);
        if (paths.Count == 0 && variables.IsEmpty)
            return new PathSet([], [Name(package.Directory)], []);
        // Such as the linker that build scripts find.
        paths.RemoveAll(IsGenerated);
        return new PathSet(
            [.. paths.Where(p => !Directory.Exists(p)).Select(Name)],
            // Cargo looks at everything in such a directory, whatever it is called.
            [.. paths.Where(Directory.Exists).Select(p => $"{Name(p)}/")],
            variables);
    }

    private static IEnumerable<string> Values(IEnumerable<string> lines, string name) => lines
        .Select(l => l.StartsWith($"cargo:{name}=", StringComparison.Ordinal) ? l[(name.Length + 7)..]
            : l.StartsWith($"cargo::{name}=", StringComparison.Ordinal) ? l[(name.Length + 8)..] : null)
        .OfType<string>();

    // rustc runs in the workspace's root for members and in the package's own directory for others.
    private string Absolute(CargoPackage package, string path)
    {
        var inRoot = Path.GetFullPath(path, _root);
        return File.Exists(inRoot) ? inRoot : Path.GetFullPath(path, package.Directory);
    }

    private string Name(string path) => PathSet.NameOf(path, _root);

    private bool IsGenerated(string path) => path.StartsWith($"{unit.TargetDirectory}/", StringComparison.Ordinal);

    // Made of manifests, which are inputs themselves, or naming cargo's own directories. Where a manifest lies is no input.
    private static bool IsCargos(string variable) => RustcOptions.IsCargos(variable) && !RustcOptions.IsManifests(variable);
}
