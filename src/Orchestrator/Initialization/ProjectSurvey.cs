using System.Collections.Immutable;
using System.Text.RegularExpressions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Initialization;

/// <summary>Whose conventions a project follows, by the library that its probes use.</summary>
internal enum ProjectStyle
{
    Plain,
    Aya,
    RedBpf,
}

/// <summary>What is found out about a project that has no <c>bpfincr.json</c> yet.</summary>
/// <param name="Style">Its conventions.</param>
/// <param name="Workspaces">Directories of the Cargo workspaces with probes, relative to that of the project.</param>
/// <param name="Packages">The packages with probes.</param>
/// <param name="OtherPackages">Whether packages without probes have bins.</param>
/// <param name="OtherBins">The bins beside probes, in the same packages, that are none.</param>
/// <param name="Probes">The names of the probes.</param>
/// <param name="Features">Features without which cargo builds none of them, or that the project's own build switches on.</param>
/// <param name="Own">What the project's own build sets for them besides.</param>
/// <param name="ProbeFeatures">What single probes require besides those.</param>
/// <param name="Architecture">What rustc calls the architecture that the project's other programs are built for.</param>
/// <param name="Unreadable">Directories with a manifest that cargo cannot read.</param>
internal sealed partial record ProjectSurvey(
    ProjectStyle Style,
    ImmutableArray<string> Workspaces,
    ImmutableSortedSet<string> Packages,
    bool OtherPackages,
    ImmutableSortedSet<string> OtherBins,
    ImmutableSortedSet<string> Probes,
    ImmutableSortedSet<string> Features,
    OwnBuild Own,
    ImmutableSortedDictionary<string, ImmutableSortedSet<string>> ProbeFeatures,
    string Architecture,
    ImmutableArray<string> Unreadable)
{
    /// <summary>Looks at a directory and at those just below it: programs are often a workspace of their own.</summary>
    /// <exception cref="NoProjectException">Cargo cannot read a workspace, or none has a probe.</exception>
    public static ProjectSurvey Of(string directory, Toolchain toolchain, IPrograms programs)
    {
        var found = new List<(string Directory, CargoWorkspace Workspace, ImmutableArray<CargoPackage> Packages)>();
        var unreadable = new List<string>();
        Diagnostic? above = null;
        foreach (var candidate in Directory.EnumerateDirectories(directory).Where(d => new DirectoryInfo(d).LinkTarget is null).Order(StringComparer.Ordinal).Prepend(directory).Where(HasManifest))
        {
            if (found.Exists(f => f.Workspace.Packages.Values.Any(p => p.Directory == candidate)))
                continue;
            var (workspace, error) = CargoMetadata.Ask(candidate, toolchain, programs);
            if (workspace is null)
            {
                // Of a member cargo says what it says of the workspace.
                if (error?.Detail == above?.Detail)
                    continue;
                // Templates and test data lie beside many a project, and probes below one whose own dependencies are missing here.
                if (candidate == directory)
                    above = error;
                unreadable.Add(candidate);
                continue;
            }
            found.Add((candidate, workspace, [.. workspace.Members.Select(id => workspace.Packages[id]).Where(p => ProbesOf(p).Any())]));
        }
        var chosen = found.Where(f => !f.Packages.IsEmpty).ToList();
        if (chosen.Count == 0 && above is not null)
            throw new NoProjectException(above);
        if (found.Count == 0)
            throw new NoProjectException(Diagnostic.Error(
                "BPFI1131", $"{directory} has no Cargo.toml, nor has a directory in it", "go to the project's root directory, or make one with cargo new"));
        if (chosen.Count == 0)
            throw new NoProjectException(Diagnostic.Error(
                "BPFI1131", "no bin here is a program for the kernel", "such a bin has #![no_std] and #![no_main] in its root file"));
        var probes = chosen.SelectMany(f => f.Packages).SelectMany(ProbesOf).ToList();
        if (probes.GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new NoProjectException(Diagnostic.Error(
                "BPFI1020", $"two bins are called {twice.Key}: {string.Join(" and ", twice.Select(t => t.SourcePath))}", "rename one, or go into the directory of one workspace"));
        var common = probes.Select(t => t.RequiredFeatures.ToImmutableSortedSet(StringComparer.Ordinal)).Aggregate((all, own) => all.Intersect(own));
        var closure = chosen.SelectMany(f => f.Workspace.Closure(f.Packages)).DistinctBy(p => p.Id).ToList();
        var own = OwnBuild.Of(
            found.SelectMany(f => f.Workspace.Members.Select(id => f.Workspace.Packages[id])), [.. chosen.SelectMany(f => f.Packages)], closure, chosen.Select(f => f.Directory));
        return new ProjectSurvey(
            StyleOf(closure),
            [.. chosen.Select(f => Path.GetRelativePath(directory, f.Directory))],
            [.. chosen.SelectMany(f => f.Packages).Select(p => p.Name)],
            chosen.SelectMany(f => f.Workspace.Members.Select(id => f.Workspace.Packages[id]).Except(f.Packages)).Any(p => p.Targets.Any(t => t.Kinds.Contains("bin"))),
            [.. chosen.SelectMany(f => f.Packages).SelectMany(p => p.Targets).Where(t => t.Kinds.Contains("bin") && !IsProbe(t)).Select(t => t.Name)],
            [.. probes.Select(t => t.Name)],
            common.Union(own.Features),
            own,
            probes.Where(t => t.RequiredFeatures.Except(common, StringComparer.Ordinal).Any())
                .ToImmutableSortedDictionary(t => t.Name, t => t.RequiredFeatures.Except(common, StringComparer.Ordinal).ToImmutableSortedSet(StringComparer.Ordinal), StringComparer.Ordinal),
            TargetArchitecture.Of(directory, toolchain),
            [.. unreadable]);
    }

    private static bool HasManifest(string directory) => Path.Exists(Path.Combine(directory, "Cargo.toml"));

    private static IEnumerable<CargoTarget> ProbesOf(CargoPackage package) => package.Targets.Where(IsProbe);

    private static bool IsProbe(CargoTarget target) =>
        target is { SourcePath: { } source } && target.Kinds.Contains("bin") && FileStamp.IsRegularFile(source) && HasNoMain().IsMatch(RustText.WithoutStringsAndComments(File.ReadAllText(source)));

    // A bin for the kernel has no main function of the ordinary kind, and says so in its root file, perhaps under a condition.
    [GeneratedRegex(@"#!\s{0,100}\[[^\]]{0,1000}\bno_main\b")]
    private static partial Regex HasNoMain();

    private static ProjectStyle StyleOf(IReadOnlyList<CargoPackage> dependencies) =>
        AyaLibrary.IsAmong(dependencies) ? ProjectStyle.Aya
        : dependencies.Any(p => p.Name == "redbpf-probes") ? ProjectStyle.RedBpf
        : ProjectStyle.Plain;
}

/// <summary>There is nothing to write a <c>bpfincr.json</c> for.</summary>
/// <param name="diagnostic">Why.</param>
internal sealed class NoProjectException(Diagnostic diagnostic) : Exception(diagnostic.Message)
{
    /// <summary>Why.</summary>
    public Diagnostic Diagnostic { get; } = diagnostic;
}
