using System.Collections.Immutable;
using System.Text;
using BpfIncr.Orchestrator.Programs;
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
/// <param name="OtherPackages">Whether the workspaces have bins that are no probes.</param>
/// <param name="Probes">The names of the probes.</param>
/// <param name="Features">Features without which cargo does not build some of them.</param>
internal sealed record ProjectSurvey(
    ProjectStyle Style,
    ImmutableArray<string> Workspaces,
    ImmutableSortedSet<string> Packages,
    bool OtherPackages,
    ImmutableSortedSet<string> Probes,
    ImmutableSortedSet<string> Features)
{
    // A bin for the kernel has no main function of the ordinary kind, and says so in its root file.
    private const string Marker = "#![no_main]";

    /// <summary>Looks at a directory and at those just below it: programs are often a workspace of their own.</summary>
    /// <exception cref="NoProjectException">Cargo cannot read a workspace, or none has a probe.</exception>
    public static ProjectSurvey Of(string directory, Toolchain toolchain, IPrograms programs)
    {
        var found = new List<(string Directory, CargoWorkspace Workspace, ImmutableArray<CargoPackage> Packages)>();
        foreach (var candidate in Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal).Prepend(directory).Where(HasManifest))
        {
            if (found.Exists(f => f.Workspace.Packages.Values.Any(p => p.Directory == candidate)))
                continue;
            var workspace = Read(candidate, toolchain, programs);
            found.Add((candidate, workspace, [.. workspace.Members.Select(id => workspace.Packages[id]).Where(p => ProbesOf(p).Any())]));
        }
        if (found.Count == 0)
            throw new NoProjectException(Diagnostic.Error(
                "BPFI1131", $"{directory} has no Cargo.toml, nor has a directory in it", "go to the project's root directory, or make one with cargo new"));
        var chosen = found.Where(f => !f.Packages.IsEmpty).ToList();
        if (chosen.Count == 0)
            throw new NoProjectException(Diagnostic.Error(
                "BPFI1131", "no bin here is a program for the kernel", $"such a bin begins with #![no_std] and {Marker}"));
        var probes = chosen.SelectMany(f => f.Packages).SelectMany(ProbesOf).ToList();
        return new ProjectSurvey(
            StyleOf(chosen.SelectMany(f => f.Workspace.Closure(f.Packages)).Select(p => p.Name).ToHashSet(StringComparer.Ordinal)),
            [.. chosen.Select(f => Path.GetRelativePath(directory, f.Directory))],
            [.. chosen.SelectMany(f => f.Packages).Select(p => p.Name)],
            chosen.SelectMany(f => f.Workspace.Members.Select(id => f.Workspace.Packages[id])).Any(p => p.Targets.Any(t => t.Kinds.Contains("bin") && !IsProbe(t))),
            [.. probes.Select(t => t.Name)],
            [.. probes.SelectMany(t => t.RequiredFeatures)]);
    }

    private static bool HasManifest(string directory) => File.Exists(Path.Combine(directory, "Cargo.toml"));

    private static CargoWorkspace Read(string directory, Toolchain toolchain, IPrograms programs)
    {
        var (json, errors) = programs.Metadata(toolchain, directory);
        return json is not null
            ? CargoWorkspace.Parse(Encoding.UTF8.GetBytes(json))
            : throw new NoProjectException(Diagnostic.Error("BPFI1011", $"cargo cannot read the workspace at {directory}") with { Detail = errors.Trim() });
    }

    private static IEnumerable<CargoTarget> ProbesOf(CargoPackage package) => package.Targets.Where(IsProbe);

    private static bool IsProbe(CargoTarget target) =>
        target.Kinds.Contains("bin") && File.Exists(target.SourcePath)
        && File.ReadLines(target.SourcePath).Any(l => l.Replace(" ", "", StringComparison.Ordinal).StartsWith(Marker, StringComparison.Ordinal));

    private static ProjectStyle StyleOf(HashSet<string> dependencies) =>
        dependencies.Overlaps(["aya-ebpf", "aya-bpf"]) ? ProjectStyle.Aya
        : dependencies.Contains("redbpf-probes") ? ProjectStyle.RedBpf
        : ProjectStyle.Plain;
}

/// <summary>There is nothing to write a <c>bpfincr.json</c> for.</summary>
/// <param name="diagnostic">Why.</param>
internal sealed class NoProjectException(Diagnostic diagnostic) : Exception(diagnostic.Message)
{
    /// <summary>Why.</summary>
    public Diagnostic Diagnostic { get; } = diagnostic;
}
