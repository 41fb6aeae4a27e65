using System.Text;
using System.Collections.Immutable;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>
/// A cargo that decides by modification times what is fresh, as the real one does and with the same weaknesses, writes
/// dep-info, captures and build scripts' output where the real one does, and says the same about it.
/// </summary>
/// <param name="request">What is asked.</param>
/// <param name="message">Told of each message.</param>
/// <param name="point">Called before and inside each compilation.</param>
internal sealed class FakeCargo(CargoRequest request, Action<CargoMessage> message, Action point)
{
    private readonly string _release = Path.Combine(request.TargetDirectory, request.Toolchain.Triple, "release");
    private readonly Dictionary<string, (string Product, long Time, string? Generated)?> _done = new(StringComparer.Ordinal);
    private readonly string _optLevel = FakeCargo.OptLevel(request.WorkspaceRoot);
    private FakeWorkspace _workspace = null!;
    private Dictionary<string, SortedSet<string>> _features = null!;

    /// <summary>The profile's level in the root manifest.</summary>
    public static string OptLevel(string root) =>
        File.ReadLines(Path.Combine(root, "Cargo.toml")).First(l => l.StartsWith("opt-level", StringComparison.Ordinal)).Split(' ')[^1];

    /// <summary>The first line of what a rustc says of its version.</summary>
    public static string Version(string rustc) => File.ReadLines(rustc).First();

    public CargoOutcome Build()
    {
        _workspace = FakeWorkspace.Read(request.WorkspaceRoot);
        _features = _workspace.Features(request.Packages, request.Options.Features);
        Directory.CreateDirectory(Path.Combine(_release, "deps"));
        var succeeded = true;
        foreach (var package in request.Packages.Select(p => _workspace.Packages[p]))
            foreach (var (bin, source) in package.Bins().Where(b => request.Bins.Contains(b.Key)))
            {
                if (!succeeded && !request.KeepGoing)
                    return new CargoOutcome(false, "");
                succeeded &= Bin(package, bin, source);
            }
        return new CargoOutcome(succeeded, "");
    }

    /// <summary>Makes the call of a capture again; null when it fails.</summary>
    public static IReadOnlyList<CompilerMessage>? Repeat(RustcCall call, CargoPackageTarget target, Action point)
    {
        var unit = FakeRustc.Compile(call.Arguments[1], Call(call));
        point();
        if (unit.Errors.Count > 0)
            return null;
        Capture(call, unit);
        return [.. unit.Warnings.Select(w => Message(target.PackageId, target.Name, "bin", "warning", w))];
    }

    // What the capture keeps of a call: [rustc, source, output, crate, opt-level, flags, features, libraries…].
    private static FakeRustcCall Call(RustcCall call) => new(
        call.Arguments[3], Version(call.Arguments[0]), call.Arguments[4], call.Arguments[5].Split('\t'), call.Arguments[6].Split('\t'), null,
        [.. call.Arguments[7..^1].Select(l => FakeStages.Text(File.ReadAllBytes(l)))]);

    private static void Capture(RustcCall call, FakeUnit unit)
    {
        var output = call.Arguments[2];
        File.WriteAllBytes($"{output}.o", FakeStages.Bytes(unit.Text));
        File.WriteAllLines($"{output}.exports", unit.Functions);
        const string Mark = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        string[] command = ["--export-symbols", $"{output}.exports", $"{output}.o", .. call.Arguments[7..], "-o", output];
        var parts = new[] { Words(command.Prepend(call.Directory)), Words(call.Arguments), Words(call.Variables.Select(v => $"{v.Key}={v.Value}")), File.ReadAllBytes($"{output}.exports"), File.ReadAllBytes($"{output}.o") };
        File.WriteAllBytes(output, [.. Encoding.ASCII.GetBytes(Mark), .. parts.SelectMany(p => p.Concat(Encoding.ASCII.GetBytes(Mark)))]);
        WriteDepInfo($"{output}.d", output, unit, call.Directory);
    }

    private static byte[] Words(IEnumerable<string> words) => Encoding.UTF8.GetBytes(string.Concat(words.Select(w => $"{w}\0")));

    private bool Bin(FakePackage package, string bin, string source)
    {
        var below = package.OtherTargets().Any(t => t.StartsWith("lib", StringComparison.Ordinal)) ? _workspace.Closure(package) : _workspace.Closure(package).Where(p => p != package);
        var libraries = new List<(string Product, long Time, string? Generated)>();
        foreach (var library in below)
            if (Library(library) is { } built)
                libraries.Add(built);
            else
                return false;
        var output = Path.Combine(_release, "deps", $"{bin}-{UnitHash(package)}");
        var call = new RustcCall(
            [
                request.Toolchain.Rustc, source, output, bin, _optLevel, string.Join('\t', request.Options.RustFlags()),
                string.Join('\t', _features[package.Name]), .. libraries.Select(l => l.Product), Path.Combine(request.Toolchain.Sysroot, "libcore-1.rlib"),
            ],
            ImmutableSortedDictionary<string, string>.Empty, request.WorkspaceRoot);
        return Unit(package, bin, "bin", output, libraries, () => FakeRustc.Compile(source, Call(call)), unit => Capture(call, unit)) is not null;
    }

    private (string Product, long Time, string? Generated)? Library(FakePackage package)
    {
        if (_done.TryGetValue(package.Name, out var done))
            return done;
        var built = _workspace.Closure(package).Where(p => p != package).Select(Library).ToList();
        if (built.Any(b => b is null))
            return _done[package.Name] = null;
        var below = built.Select(b => b!.Value).ToList();
        var libraries = below.Select(b => b.Product).ToList();
        string? generated = null;
        if (File.Exists(package.BuildScript))
        {
            below.Add(BuildScript(package));
            generated = below[^1].Generated;
        }
        var product = Path.Combine(_release, "deps", $"lib{package.Name}-{UnitHash(package)}.rlib");
        var compiled = Unit(
            package, package.Name, "lib", product, below,
            () => FakeRustc.Compile(package.Library, Call(package, generated, libraries)),
            unit =>
            {
                File.WriteAllBytes(product, FakeStages.Bytes(unit.Text));
                WriteDepInfo(Path.Combine(_release, "deps", $"{package.Name}-{UnitHash(package)}.d"), product, unit, request.WorkspaceRoot);
            });
        return _done[package.Name] = compiled is { } t ? (product, t, generated) : null;
    }

    private FakeRustcCall Call(FakePackage package, string? generated, IEnumerable<string> libraries) => new(
        package.Name, Version(request.Toolchain.Rustc), _optLevel, [.. request.Options.RustFlags()], _features[package.Name], generated,
        [.. libraries.Select(l => FakeStages.Text(File.ReadAllBytes(l)))]);

    // A unit is fresh when it was compiled with the same options and no file that it read is newer than that.
    private long? Unit(
        FakePackage package, string target, string kind, string product, IReadOnlyList<(string Product, long Time, string? Generated)> below, Func<FakeUnit> compile, Action<FakeUnit> write)
    {
        point();
        var fingerprint = $"{product}.fingerprint";
        var invoked = File.Exists(fingerprint) && File.Exists(product) ? ModifiedOf(fingerprint) : 0;
        var known = invoked == 0 ? [] : File.ReadAllLines(fingerprint);
        var fresh = invoked > 0
            && known.Where(l => l.StartsWith("file ", StringComparison.Ordinal)).All(l => File.Exists(l[5..]) && ModifiedOf(l[5..]) <= invoked)
            && known.Where(l => l.StartsWith("env ", StringComparison.Ordinal)).All(l => l == Variable(l[4..].Split('=')[0]))
            && known.Contains(Below(below)) && below.All(b => b.Time < invoked);
        var warnings = known.Where(l => l.StartsWith("warn ", StringComparison.Ordinal)).ToList();
        if (!fresh)
        {
            File.WriteAllText(fingerprint, "");
            var started = File.GetLastWriteTimeUtc(fingerprint);
            var unit = compile();
            point();
            foreach (var error in unit.Errors)
                message(Message(package.Id, target, kind, "error", error));
            if (unit.Errors.Count > 0)
            {
                File.Delete(fingerprint);
                return null;
            }
            write(unit);
            warnings = unit.Warnings;
            File.WriteAllLines(fingerprint, [.. unit.Files.Select(f => $"file {f}"), .. unit.Variables.Select(Variable), Below(below), .. warnings]);
            File.SetLastWriteTimeUtc(fingerprint, started);
            invoked = ModifiedOf(fingerprint);
        }
        foreach (var warning in warnings)
            message(Message(package.Id, target, kind, "warning", warning));
        message(new ArtifactMessage(package.Id, target, [kind], [product], kind == "bin" ? product : null, fresh));
        return fresh ? invoked : long.MaxValue;
    }

    private static string Below(IEnumerable<(string Product, long Time, string? Generated)> units) => $"below {string.Join(' ', units.Select(b => b.Product))}";

    private (string Product, long Time, string? Generated) BuildScript(FakePackage package)
    {
        var directory = Path.Combine(_release, "build", $"{package.Name}-{UnitHash(package)}");
        Directory.CreateDirectory(Path.Combine(directory, "out"));
        var program = Path.Combine(directory, "build-script-build");
        var compiled = Unit(
            package, "build-script-build", "custom-build", program, [],
            () => new FakeUnit("", [], [package.BuildScript], [], [], []),
            unit =>
            {
                File.WriteAllText(program, File.ReadAllText(package.BuildScript));
                WriteDepInfo(Path.Combine(directory, "build_script_build-1.d"), program, unit, request.WorkspaceRoot);
            })!.Value;
        var (output, generated) = (Path.Combine(directory, "output"), Path.Combine(directory, "out/generated"));
        var fresh = compiled != long.MaxValue && File.Exists(output) && File.Exists(generated) && Declared(package, output).All(f => ModifiedOf(f) <= ModifiedOf(output))
            && File.Exists($"{output}.env") && File.ReadAllLines($"{output}.env").All(l => l == Variable(l[4..].Split('=')[0]));
        if (!fresh)
        {
            var (text, lines) = FakeRustc.RunBuildScript(package);
            File.WriteAllText(generated, text);
            File.WriteAllLines(output, lines);
            File.WriteAllLines($"{output}.env", lines.Where(l => l.Contains("env-changed", StringComparison.Ordinal)).Select(l => Variable(l.Split('=')[1])));
        }
        message(new BuildScriptMessage(package.Id, Path.Combine(directory, "out"), []));
        return (output, fresh ? ModifiedOf(output) : long.MaxValue, File.ReadAllText(generated));
    }

    private static IEnumerable<string> Declared(FakePackage package, string output)
    {
        var lines = File.ReadAllLines(output);
        return lines.Length == 0
            ? Directory.GetFiles(package.Directory, "*", SearchOption.AllDirectories)
            : lines.Where(l => l.StartsWith("cargo:rerun-if-changed=", StringComparison.Ordinal)).Select(l => Path.Combine(package.Directory, l.Split('=')[1]));
    }

    private static void WriteDepInfo(string path, string product, FakeUnit unit, string root) => File.WriteAllLines(
        path, [$"{product}: {string.Join(' ', unit.Files.Select(f => Path.GetRelativePath(root, f)))}", "", .. unit.Variables.Select(v => $"# env-dep:{v}=x")]);

    private static CompilerMessage Message(string package, string target, string kind, string level, string text) =>
        new(package, target, [kind], level, $"{target}: {text}", $"{target}: {text}");

    private static string Variable(string name) => $"env {name}={Environment.GetEnvironmentVariable(name)}";

    private string UnitHash(FakePackage package) => FakeStages.Hash(string.Join(' ',
        [package.Version, _optLevel, Version(request.Toolchain.Rustc), .. request.Options.RustFlags(), "features", .. _features[package.Name]]));

    private static long ModifiedOf(string path) => File.Exists(path) ? File.GetLastWriteTimeUtc(path).Ticks : long.MaxValue;
}
