using BpfIncr.Orchestrator.Configuration;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>A probe's rustc step.</summary>
/// <param name="Key">Everything that it reads, as text.</param>
/// <param name="Llvm">What every later stage reads besides its input and its options.</param>
/// <param name="Outputs">The probe's module, its libraries, its exports; null when it does not compile.</param>
internal sealed record ModelCompile(string Key, string Llvm, IReadOnlyList<string>? Outputs);

/// <summary>
/// Compiles the probes of a workspace, and says for each what its compilation depends on: the documented ingredients, as
/// plain text, without a digest, a path set or a second phase.
/// </summary>
internal static class ModelKeys
{
    public static IEnumerable<(string Probe, ModelCompile Compile)> Probes(string root, Settings settings)
    {
        var workspace = FakeWorkspace.Read(root);
        var bins = workspace.Packages.Values
            .SelectMany(p => p.Bins().Select(b => (Package: p, Bin: b.Key, Source: b.Value)))
            .Where(b => !(settings.Probes.TryGetValue(b.Bin, out var said) && said.Skip)).ToList();
        var packages = bins.Select(b => b.Package).DistinctBy(p => p.Name).ToList();
        // Features that the configuration gives to any bin of a package are the package's, also when that bin is skipped.
        var requested = workspace.Packages.Values
            .SelectMany(p => p.Bins().Keys.SelectMany(b => settings.Probes.TryGetValue(b, out var said) ? said.Features : []).Select(f => $"{p.Name}/{f}"))
            .Distinct().Order(StringComparer.Ordinal).ToList();
        var features = workspace.Features(packages.Select(p => p.Name), requested);
        var rustc = Path.GetFullPath(settings.Rustc!, root);
        var toolchain = Directory.GetParent(rustc)!.FullName;
        var llvm = string.Join('\0', [settings.Universe, Content(Path.Combine(toolchain, "llvm")), File.ReadLines(rustc).First(l => l.StartsWith("LLVM", StringComparison.Ordinal))]);
        foreach (var (package, bin, source) in bins)
        {
            var closure = workspace.Closure(package).ToList();
            var units = new Dictionary<string, FakeUnit>();
            var reads = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var below in closure.OrderBy(p => workspace.Closure(p).Count()).Where(p => File.Exists(p.Library)))
                units[below.Name] = Compile(below.Library, below, below.Name, BuildScript(below, root, reads));
            var own = Compile(source, package, bin, null);
            foreach (var unit in units.Values.Append(own))
            {
                reads.UnionWith(unit.Files.Select(f => $"{Path.GetRelativePath(root, f)} {Content(f)}"));
                reads.UnionWith(unit.Variables.Select(v => $"{v}={Environment.GetEnvironmentVariable(v)}"));
            }
            string[] key =
            [
                bin, package.Name, llvm, File.ReadAllText(rustc), Content(Path.Combine(toolchain, "libcore-1.rlib")), .. settings.RustFlags, "flags", $"{settings.DefaultFeatures}",
                .. requested.Where(f => f.StartsWith($"{package.Name}/", StringComparison.Ordinal)), FakeCargo.OptLevel(root), Content(Path.Combine(root, ".cargo/config.toml")),
                .. settings.Variables.Select(v => $"{v}={Environment.GetEnvironmentVariable(v)}"), .. settings.Inputs.SelectMany(i => Tree(i, root)),
                .. closure.SelectMany(p => p.OtherTargets().Prepend(Content(p.Manifest)).Append(p.Name)), .. Requests(workspace, packages, closure, requested), .. reads,
            ];
            var failed = units.Values.Append(own).Any(u => u.Errors.Count > 0);
            string[] outputs = [own.Text, .. closure.Where(p => units.ContainsKey(p.Name)).Select(p => units[p.Name].Text), Content(Path.Combine(toolchain, "libcore-1.rlib")), string.Concat(own.Functions.Order(StringComparer.Ordinal).Select(f => $"{f}\n"))];
            yield return (bin, new ModelCompile(string.Join('\0', key), llvm, failed ? null : outputs));

            FakeUnit Compile(string path, FakePackage owner, string crate, string? generated) => FakeRustc.Compile(path, new FakeRustcCall(
                crate, FakeCargo.Version(rustc), FakeCargo.OptLevel(root), settings.RustFlags, features[owner.Name], generated,
                [.. workspace.Closure(owner).Where(p => units.ContainsKey(p.Name)).Select(p => units[p.Name].Text)]));
        }
    }

    // What is asked of the packages of a closure, and of those that can pass it on to one of them.
    private static IEnumerable<string> Requests(FakeWorkspace workspace, List<FakePackage> packages, List<FakePackage> closure, List<string> requested)
    {
        var all = packages.SelectMany(workspace.Closure).DistinctBy(p => p.Name).ToList();
        var names = closure.Select(p => p.Name).ToHashSet();
        while (all.Where(p => p.Dependencies.Any(d => names.Contains(d.Name) && Switches(p, d.Name).Any())).Any(p => names.Add(p.Name)))
        {
        }
        return all.SelectMany(p => Asked(p)).Where(r => names.Contains(r.Name)).Select(r => $"{r.Name} <- {r.Request}").Distinct().Order(StringComparer.Ordinal);

        IEnumerable<(string Name, string Request)> Asked(FakePackage package)
        {
            var active = string.Join(' ', requested.Where(r => r.StartsWith($"{package.Name}/", StringComparison.Ordinal)));
            return package.Dependencies
                .Select(d => (d.Name, Switches(package, d.Name).Any() ? $"{string.Join(' ', d.Features)} if {string.Join(' ', Switches(package, d.Name))} given {active}" : string.Join(' ', d.Features)))
                .Concat(active.Length > 0 ? [(package.Name, active)] : Array.Empty<(string, string)>());
        }
    }

    private static IEnumerable<string> Switches(FakePackage package, string dependency) => package.Features
        .Where(f => f.Value.Any(v => v.StartsWith($"{dependency}/", StringComparison.Ordinal))).Select(f => $"{f.Key}=>{string.Join('+', f.Value)}");

    // A build script that declares nothing depends on its whole package.
    private static string? BuildScript(FakePackage package, string root, SortedSet<string> reads)
    {
        if (!File.Exists(package.BuildScript))
            return null;
        var (generated, output) = FakeRustc.RunBuildScript(package);
        reads.Add($"{package.Name}/build.rs {Content(package.BuildScript)}");
        foreach (var line in output.Select(l => l.Split('=')))
            reads.Add(line[0].EndsWith("env-changed", StringComparison.Ordinal) ? $"{line[1]}={Environment.GetEnvironmentVariable(line[1])}" : $"{line[1]} {Content(Path.Combine(package.Directory, line[1]))}");
        if (output.Count == 0)
            reads.UnionWith(Tree(package.Directory, root));
        return generated;
    }

    private static IEnumerable<string> Tree(string path, string root) => (Directory.Exists(path) ? Directory.GetFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : (IEnumerable<string>)[path])
        .Where(f => !Path.GetFileName(f).StartsWith('.') && !f.EndsWith('~')).Select(f => $"{Path.GetRelativePath(root, f)} {Content(f)}");

    private static string Content(string path) => File.Exists(path) ? File.ReadAllText(path) : "(missing)";
}
