using System.Collections.Concurrent;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// The keys of the rustc stage, in two phases. The weak action is what is known beforehand: toolchain, flags,
/// manifests, resolved dependencies, feature requests, Cargo configuration, declared inputs and variables. Its result
/// lists the path sets that were seen for it. The strong action is the weak one with the content of one path set: that
/// is the step's key.
/// </summary>
internal sealed class RustcActions(Settings settings, SelectedToolchain toolchain, FileTable files)
{
    /// <summary>The outputs of a rustc step: bitcode objects, libraries and the list of exports vary in number.</summary>
    public const string OutputPattern = "*";

    private static readonly string[] CargoPrefixes = ["CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_BUILD_", "CARGO_UNSTABLE_"];
    private static readonly string[] NotInputs = ["CARGO_BUILD_JOBS"];

    private const string DeclaredPrefix = "(declared)/";

    private readonly SortedSet<string> _observed = new(StringComparer.Ordinal);

    // Texts that are inputs without being files.
    private readonly ConcurrentDictionary<Digest, string> _texts = [];

    // Texts and configuration are the same for every probe of a unit.
    private readonly Dictionary<CargoUnit, UnitInputs> _units = new(ReferenceEqualityComparer.Instance);

    /// <summary>Everything about a probe's rustc step that is known before rustc has told what it reads.</summary>
    public StepAction Weak(Probe probe) => Action(probe, null);

    /// <summary>The rustc step of a probe, given what rustc reads for it.</summary>
    public StepAction Strong(Probe probe, PathSet paths) => Action(probe, paths);

    /// <summary>Every variable of the environment that went into an action so far.</summary>
    public IReadOnlyCollection<string> ObservedVariables
    {
        get
        {
            lock (_observed)
                return [.. _observed];
        }
    }

    /// <summary>Files and directories that count for every probe, although one of them may read them too.</summary>
    public IEnumerable<string> SharedInputs => settings.Inputs.SelectMany(Expand).Concat(settings.Inputs);

    /// <summary>Every file that the weak action of a probe is made of.</summary>
    public IEnumerable<string> WeakInputs(Probe probe)
    {
        var root = probe.Unit.Workspace.Root;
        var packages = probe.Unit.Workspace.Closure(probe.Package).Where(p => p.Source is null);
        return
        [
            .. packages.SelectMany(p => CargoMetadata.ManifestsAbove(p, root).Append(p.ManifestPath)),
            Path.Combine(root, "Cargo.toml"),
            Path.Combine(root, "Cargo.lock"),
            .. CargoMetadata.ConfigFiles(root),
            .. SharedInputs,
            .. toolchain.Toolchain.IdentityFiles,
        ];
    }

    /// <summary>What cargo's units depend on that cargo itself does not see: toolchain, flags, declared inputs and variables.</summary>
    public string Salt(CargoUnit unit)
    {
        var inputs = Unit(unit);
        return string.Join('\n',
        [
            toolchain.Identity,
            settings.Universe,
            .. unit.Options.RustFlags(),
            .. DeclaredInputs(unit).Select(f => $"{f.Key} {f.Value}"),
            .. inputs.Variables.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}"),
        ]);
    }

    /// <summary>The inputs that the configuration declares, with the names that they have in an input tree.</summary>
    public IEnumerable<KeyValuePair<string, Digest>> DeclaredInputs(CargoUnit unit) =>
        Unit(unit).Inputs.Files.Where(f => f.Key.StartsWith(DeclaredPrefix, StringComparison.Ordinal));

    /// <summary>Stores the texts among an action's inputs, so that an explanation can show them.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public void StoreTexts(StepAction action, BlobStore blobs)
    {
        foreach (var digest in action.Inputs.Files.Values)
            if (_texts.TryGetValue(digest, out var text))
                blobs.Put(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The text of an input that was made here; null for files.</summary>
    public string? TextOf(Digest digest) => _texts.GetValueOrDefault(digest);

    private StepAction Action(Probe probe, PathSet? paths)
    {
        var unit = Unit(probe.Unit);
        var closure = probe.Unit.Workspace.Closure(probe.Package);
        var root = probe.Unit.Workspace.Root;
        var inputs = new InputTree(unit.Inputs.Files);
        foreach (var package in closure.Where(p => p.Source is null))
            if (files.DigestOf(package.ManifestPath) is { } digest && Path.GetDirectoryName(package.ManifestPath) != root)
                inputs.Add(PathSet.InputName(Path.GetRelativePath(root, package.ManifestPath)), digest);
        foreach (var manifest in closure.Where(p => p.Source is null).SelectMany(p => CargoMetadata.ManifestsAbove(p, root)))
            if (files.DigestOf(manifest) is { } digest)
                inputs.Add(PathSet.InputName(Path.GetRelativePath(root, manifest)), digest);
        inputs.Add(PathSet.OwnName("cargo", "packages"), Text(string.Join('\n', closure.Select(p => $"{p.Name} {p.Version} {Portable(p)} {Targets(p)} {Uses(p, probe.Unit.Workspace)}"))));
        inputs.Add(PathSet.OwnName("cargo", "features"), Text(unit.Features.Describe(closure)));
        var variables = new Dictionary<string, string>(unit.Variables, StringComparer.Ordinal);
        paths?.AddTo(inputs, variables, root, files);
        lock (_observed)
            _observed.UnionWith(variables.Keys);
        return new StepAction(
            probe.Unit.Options.ToArguments(probe.Package.Name, probe.Name),
            variables,
            [new("toolchain", toolchain.Identity)],
            inputs,
            [paths is null ? "path-sets" : OutputPattern],
            settings.Universe);
    }

    // A registry or git source is the same everywhere; a path is not.
    private static string Portable(CargoPackage package) => package.Source ?? "(path)";

    // Other bins are nobody's dependency; a library, a proc macro or a build script that appears is.
    private static string Targets(CargoPackage package) => string.Join(' ', package.Targets
        .SelectMany(t => t.Kinds.Select(k => (Kind: k, t.Name)))
        .Where(t => t.Kind is not ("bin" or "test" or "example" or "bench"))
        .Select(t => $"{t.Kind}:{t.Name}")
        .Order(StringComparer.Ordinal));

    // A name that a member inherits can come to stand for another package, and no manifest but the root's shows it.
    private static string Uses(CargoPackage package, CargoWorkspace workspace) => string.Join(' ', package.Edges
        .Where(e => workspace.Packages.ContainsKey(e.PackageId))
        .Select(e => (e.Name, Package: workspace.Packages[e.PackageId]))
        .Select(e => $"{e.Name}={e.Package.Name}@{e.Package.Version}+{Portable(e.Package)}")
        .Order(StringComparer.Ordinal));

    private UnitInputs Unit(CargoUnit unit)
    {
        lock (_units)
            return _units.TryGetValue(unit, out var known) ? known : _units[unit] = ComputeUnit(unit);
    }

    private UnitInputs ComputeUnit(CargoUnit unit)
    {
        var root = unit.Workspace.Root;
        var inputs = new InputTree();
        var manifest = Path.Combine(root, "Cargo.toml");
        if (files.DigestOf(manifest) is not null)
            inputs.Add(PathSet.OwnName("cargo", "workspace"), Text(RootManifest.WithoutMembership(File.ReadAllText(manifest))));
        var number = 0;
        foreach (var config in CargoMetadata.ConfigFiles(root))
            if (files.DigestOf(config) is { } digest)
                inputs.Add(PathSet.OwnName("cargo", $"config-{number++}"), digest);
        foreach (var path in settings.Inputs.SelectMany(Expand))
            if (files.DigestOf(path) is { } digest)
                inputs.Add(DeclaredPrefix + PathSet.InputName(PathSet.NameOf(path, settings.Directory)), digest);
        var names = unit.Packages.ToHashSet(StringComparer.Ordinal);
        var packages = unit.Workspace.Packages.Values.Where(p => names.Contains(p.Name) && p.Source is null);
        return new UnitInputs(inputs, Variables(root), new FeatureRequests(unit.Workspace, packages, unit.Options));
    }

    private IEnumerable<string> Expand(string path) => Directory.Exists(path) ? files.FilesBelow(path) : [path];

    // Declared variables and those that cargo's configuration gives a value where there is none, set or not; and those with
    // which that configuration can be overridden.
    private Dictionary<string, string> Variables(string root)
    {
        var variables = settings.Variables.Union(CargoMetadata.ConfiguredVariables(root)).ToDictionary(
            v => v, v => Environment.GetEnvironmentVariable(v) ?? "(not set)", StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
            if (entry.Key is string name && CargoPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal))
                && !NotInputs.Contains(name) && !RustcOptions.OwnedVariables.Contains(name))
                variables[name] = (string?)entry.Value ?? "";
        return variables;
    }

    private Digest Text(string text)
    {
        var digest = Digest.Of(Encoding.UTF8.GetBytes(text));
        _texts[digest] = text;
        return digest;
    }

    private sealed record UnitInputs(InputTree Inputs, Dictionary<string, string> Variables, FeatureRequests Features);
}
