using System.Collections.Immutable;
using System.IO.Enumeration;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>Finds the probes of a Cargo workspace: the bins of its members, as far as the settings want them and their required features are on.</summary>
internal sealed class ProbeDiscovery(Settings settings, Toolchain toolchain)
{
    // Its bounds checks and its logging are there for the BPF target only.
    private const string Aya = "aya-ebpf";

    /// <summary>The probes of a workspace.</summary>
    public IEnumerable<Probe> Find(CargoWorkspace workspace)
    {
        var members = workspace.Members.Select(id => workspace.Packages[id])
            .Where(IsWanted)
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .ToList();
        var bins = members.SelectMany(p => BinsOf(p).Select(bin => (Package: p, Bin: bin))).ToList();
        var features = members.SelectMany(p => FeaturesOf(p).Select(f => $"{p.Name}/{f}")).Order(StringComparer.Ordinal);
        var packages = bins.Select(b => b.Package.Name).Distinct(StringComparer.Ordinal);
        var options = new RustcOptions(
            toolchain.Mode, toolchain.Triple, [.. features], settings.DefaultFeatures, settings.RustFlags)
        {
            Lto = settings.Lto,
            HostDebug = HostProfile.SaysDebug(workspace.Root),
            CoreIsConfigured = CargoMetadata.ConfiguresCore(workspace.Root),
        };
        var unit = new CargoUnit(workspace, options, TargetDirectory(workspace), [.. packages]);
        return bins.Select(b => new Probe(b.Bin, b.Package, unit));
    }

    /// <summary>What the settings say of probes and features that do not exist, and of probes whose names are not unique.</summary>
    public IEnumerable<Diagnostic> Check(IReadOnlyList<CargoWorkspace> workspaces, IReadOnlyList<Probe> probes)
    {
        foreach (var absent in settings.Inputs.Where(i => !File.Exists(i) && !Directory.Exists(i)))
            yield return Diagnostic.Error("BPFI1021", $"{absent}, which \"inputs\" in bpfincr.json names, does not exist");
        if (settings.Lto && toolchain.Mode == ToolchainMode.Host)
            yield return SettingsReader.At(Settings.FileName, new(
                settings.Document.Find("lto")!.Position, "\"lto\" needs a toolchain with a BPF target, and this one compiles for the host",
                "leave it out, or install such a toolchain; bpfincr doctor shows which were found"), "BPFI1023");
        if (toolchain.Mode == ToolchainMode.Host && settings.Mode is null && probes.FirstOrDefault(UsesAya) is { } madeForBpf)
            yield return Diagnostic.Error(
                "BPFI1024",
                $"{madeForBpf.Name} uses {Aya}, which is made for the BPF target, and {toolchain.Rustc} compiles for the host: what it has no code for there would end the program without a word",
                "install a toolchain with a BPF target, or rust-src (bpfincr doctor shows which were found); or choose \"mode\": \"host\" for \"toolchain\" in bpfincr.json and \"panic\": \"reject\", to be told");
        var members = workspaces.SelectMany(w => w.Members.Select(id => w.Packages[id])).ToList();
        if (probes.Count == 0)
            yield return Diagnostic.Error(
                "BPFI1022", $"there is no probe: no bin was found in the packages {string.Join(", ", settings.Packages)}",
                $"the workspaces have the packages {string.Join(", ", members.Select(m => m.Name).Order(StringComparer.Ordinal))}; correct \"workspaces\" or \"packages\" in bpfincr.json");
        foreach (var twice in probes.GroupBy(p => p.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return Diagnostic.Error(
                "BPFI1020",
                $"two bins are called {twice.Key}: in the packages {string.Join(" and ", twice.Select(p => p.Package.Name))}",
                "rename one, or leave one of the packages out with \"packages\" in bpfincr.json");
        var features = members.Where(IsWanted).SelectMany(p => p.Features.Keys).ToHashSet(StringComparer.Ordinal);
        foreach (var (feature, i) in settings.Features.Select((f, i) => (f, i)).Where(f => !features.Contains(f.f)))
            yield return SettingsReader.At(Settings.FileName, new(
                settings.Document.Find("features")!.Items[i].Position, $"no package of probes has a feature \"{feature}\"",
                NearestName.Of(feature, features) is { } near ? $"did you mean \"{near}\"?" : null));
        var bins = members.SelectMany(AllBins).ToList();
        foreach (var (name, said) in settings.Probes)
        {
            if (members.Find(p => AllBins(p).Contains(name)) is not { } package)
                yield return At(said, $"there is no probe \"{name}\"", NearestName.Of(name, bins));
            else
                foreach (var feature in said.Features.Where(f => !package.Features.ContainsKey(f)))
                    yield return At(said, $"package {package.Name} of probe \"{name}\" has no feature \"{feature}\"", NearestName.Of(feature, package.Features.Keys));
        }
    }

    private static bool UsesAya(Probe probe) => probe.Unit.Workspace.Closure(probe.Package).Any(p => p.Name == Aya);

    private static Diagnostic At(ProbeSettings said, string message, string? near) => SettingsReader.At(
        Settings.FileName, new(said.Position, message, near is null ? null : $"did you mean \"{near}\"?"));

    private IEnumerable<string> BinsOf(CargoPackage package)
    {
        var active = ActiveFeatures(package);
        return package.Targets
            .Where(t => t.Kinds.Contains("bin") && t.RequiredFeatures.All(active.Contains))
            .Select(t => t.Name)
            .Where(b => !(settings.Probes.TryGetValue(b, out var said) && said.Skip));
    }

    private static IEnumerable<string> AllBins(CargoPackage package) =>
        package.Targets.Where(t => t.Kinds.Contains("bin")).Select(t => t.Name);

    // Cargo has one set of features for each package, however many bins ask for some.
    private IEnumerable<string> FeaturesOf(CargoPackage package) =>
        AllBins(package).SelectMany(b => settings.Probes.TryGetValue(b, out var said) ? said.Features : [])
            .Concat(settings.Features.Where(package.Features.ContainsKey))
            .Distinct(StringComparer.Ordinal);

    private bool IsWanted(CargoPackage package) =>
        settings.Packages.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, package.Name, ignoreCase: false));

    private HashSet<string> ActiveFeatures(CargoPackage package)
    {
        var active = new HashSet<string>(StringComparer.Ordinal);
        var queue = new Queue<string>(FeaturesOf(package));
        if (settings.DefaultFeatures)
            queue.Enqueue("default");
        while (queue.TryDequeue(out var feature))
            if (active.Add(feature))
                foreach (var further in package.Features.GetValueOrDefault(feature, []))
                    queue.Enqueue(further);
        return active;
    }

    private string TargetDirectory(CargoWorkspace workspace)
    {
        var name = Path.GetRelativePath(settings.Directory, workspace.Root).Replace('/', '-').Trim('.', '-');
        return Path.Combine(settings.Output, "cargo", name.Length == 0 ? "root" : name);
    }
}
