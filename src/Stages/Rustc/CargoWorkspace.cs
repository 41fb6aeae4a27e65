using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BpfIncr.Stages.Rustc;

/// <summary>One target of a package: a bin, a library, a proc macro, a build script.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kinds">Cargo's kinds, such as <c>bin</c>.</param>
/// <param name="RequiredFeatures">Features without which cargo does not build it.</param>
public sealed record CargoTarget(string Name, ImmutableArray<string> Kinds, ImmutableArray<string> RequiredFeatures)
{
    /// <summary>Absolute path of its root file. It is not remembered, as no build needs it: null then.</summary>
    [JsonIgnore]
    public string? SourcePath { get; init; }
}

/// <summary>A dependency as a manifest declares it.</summary>
/// <param name="Name">The package's name.</param>
/// <param name="Alias">What the manifest calls it: its name, unless it is renamed.</param>
/// <param name="Features">Features asked for.</param>
/// <param name="DefaultFeatures">Whether the default features are asked for.</param>
/// <param name="Optional">Whether a feature has to switch it on.</param>
public sealed record CargoDependency(
    string Name, string Alias, ImmutableArray<string> Features, bool DefaultFeatures, bool Optional);

/// <summary>A dependency as cargo resolved it.</summary>
/// <param name="Name">What the code calls it.</param>
/// <param name="PackageId">Which package that is.</param>
public sealed record CargoEdge(string Name, string PackageId);

/// <summary>One package of the dependency graph.</summary>
/// <param name="Id">Cargo's package id; holds a path, so it is never part of a key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Source">Registry or git source; null for a path package, whose files are inputs.</param>
/// <param name="ManifestPath">Absolute path of its <c>Cargo.toml</c>.</param>
/// <param name="Targets">Its targets.</param>
/// <param name="Dependencies">What it declares.</param>
/// <param name="Features">Its feature table: name to what it switches on.</param>
/// <param name="Edges">What it depends on, dev-dependencies left out.</param>
public sealed record CargoPackage(
    string Id,
    string Name,
    string Version,
    string? Source,
    string ManifestPath,
    ImmutableArray<CargoTarget> Targets,
    ImmutableArray<CargoDependency> Dependencies,
    ImmutableSortedDictionary<string, ImmutableArray<string>> Features,
    ImmutableArray<CargoEdge> Edges)
{
    /// <summary>The directory of its manifest.</summary>
    public string Directory => Path.GetDirectoryName(ManifestPath)!;
}

/// <summary>What <c>cargo metadata</c> says of one workspace: cargo stays the authority on packages and features.</summary>
/// <param name="Root">Absolute path of the workspace's root directory.</param>
/// <param name="Members">Ids of the members.</param>
/// <param name="Packages">Every package of the graph by id.</param>
public sealed record CargoWorkspace(
    string Root, ImmutableArray<string> Members, ImmutableDictionary<string, CargoPackage> Packages)
{
    /// <summary>Reads the JSON of <c>cargo metadata --format-version 1</c>.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static CargoWorkspace Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var edges = root.GetProperty("resolve").GetProperty("nodes").EnumerateArray()
            .ToDictionary(n => Text(n, "id"), NormalDependencies, StringComparer.Ordinal);
        var packages = root.GetProperty("packages").EnumerateArray()
            .Select(p => Package(p, edges.GetValueOrDefault(Text(p, "id"), [])));
        return new CargoWorkspace(
            Text(root, "workspace_root"),
            Texts(root.GetProperty("workspace_members")),
            packages.ToImmutableDictionary(p => p.Id, StringComparer.Ordinal));
    }

    /// <summary>
    /// The same workspace in another directory; null where that cannot be told: when packages outside of the root belong to
    /// it, registries lie inside of it, or a path has characters that a package id spells in another way.
    /// </summary>
    public CargoWorkspace? MovedTo(string root)
    {
        if (!IsPlain(Root) || !IsPlain(root) || Packages.Values.Any(p => p.ManifestPath.StartsWith($"{Root}/", StringComparison.Ordinal) != (p.Source is null)))
            return null;
        return new CargoWorkspace(
            root,
            [.. Members.Select(Moved)],
            Packages.Values.Select(p => p with { Id = Moved(p.Id), ManifestPath = Moved(p.ManifestPath), Edges = [.. p.Edges.Select(e => e with { PackageId = Moved(e.PackageId) })] })
                .ToImmutableDictionary(p => p.Id, StringComparer.Ordinal));

        // An id ends with "#version" behind the directory.
        string Moved(string text) => text.Replace($"{Root}/", $"{root}/", StringComparison.Ordinal).Replace($"{Root}#", $"{root}#", StringComparison.Ordinal);
    }

    private static bool IsPlain(string path) => path.Length > 1 && path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-".Contains(c, StringComparison.Ordinal));

    /// <summary>A package and everything it depends on, itself first, then by name and version.</summary>
    public ImmutableArray<CargoPackage> Closure(CargoPackage package)
    {
        var others = Closure([package]).Where(p => p.Id != package.Id)
            .OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Version, StringComparer.Ordinal);
        return [package, .. others];
    }

    /// <summary>Packages and everything they depend on, each once, in no particular order.</summary>
    public IEnumerable<CargoPackage> Closure(IEnumerable<CargoPackage> packages)
    {
        var queue = new Queue<CargoPackage>(packages);
        var seen = queue.Select(p => p.Id).ToHashSet(StringComparer.Ordinal);
        while (queue.TryDequeue(out var next))
        {
            yield return next;
            foreach (var edge in next.Edges)
                if (Packages.TryGetValue(edge.PackageId, out var dependency) && seen.Add(edge.PackageId))
                    queue.Enqueue(dependency);
        }
    }

    private static CargoPackage Package(JsonElement p, ImmutableArray<CargoEdge> edges) => new(
        Text(p, "id"),
        Text(p, "name"),
        Text(p, "version"),
        p.GetProperty("source").GetString(),
        Text(p, "manifest_path"),
        [.. p.GetProperty("targets").EnumerateArray().Select(Target)],
        [.. p.GetProperty("dependencies").EnumerateArray().Select(Dependency)],
        p.GetProperty("features").EnumerateObject()
            .ToImmutableSortedDictionary(f => f.Name, f => Texts(f.Value), StringComparer.Ordinal),
        edges);

    private static CargoTarget Target(JsonElement t) => new(
        Text(t, "name"),
        Texts(t.GetProperty("kind")),
        t.TryGetProperty("required-features", out var features) ? Texts(features) : [])
    {
        SourcePath = t.TryGetProperty("src_path", out var path) ? path.GetString() : null,
    };

    private static CargoDependency Dependency(JsonElement d) => new(
        Text(d, "name"),
        d.GetProperty("rename").GetString() ?? Text(d, "name"),
        Texts(d.GetProperty("features")),
        d.GetProperty("uses_default_features").GetBoolean(),
        d.GetProperty("optional").GetBoolean());

    private static ImmutableArray<CargoEdge> NormalDependencies(JsonElement node) =>
        [.. node.GetProperty("deps").EnumerateArray()
            .Where(d => d.GetProperty("dep_kinds").EnumerateArray().Any(k => k.GetProperty("kind").GetString() != "dev"))
            .Select(d => new CargoEdge(Text(d, "name"), Text(d, "pkg")))];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static ImmutableArray<string> Texts(JsonElement array) =>
        [.. array.EnumerateArray().Select(e => e.GetString()!)];
}
