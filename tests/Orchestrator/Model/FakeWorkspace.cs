using System.Text.Json;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>A package of a model workspace. Its manifest has a line for each fact: <c>package a 0.1.0</c>, <c>feature big = kit/big</c>, <c>dependency kit big</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Directory">Absolute directory.</param>
/// <param name="Features">What each feature switches on.</param>
/// <param name="Dependencies">Its dependencies, with the features asked for.</param>
internal sealed record FakePackage(
    string Name,
    string Version,
    string Directory,
    SortedDictionary<string, string[]> Features,
    List<(string Name, string[] Features)> Dependencies)
{
    public string Id => $"path+file://{Directory}#{Version}";

    public string Manifest => Path.Combine(Directory, "Cargo.toml");

    public string Library => Path.Combine(Directory, "src/lib.rs");

    public string BuildScript => Path.Combine(Directory, "build.rs");

    /// <summary>Bins by name, with their sources, found by their places as cargo finds them.</summary>
    public SortedDictionary<string, string> Bins()
    {
        var bins = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(Path.Combine(Directory, "src/main.rs")))
            bins[Name] = Path.Combine(Directory, "src/main.rs");
        if (System.IO.Directory.Exists(Path.Combine(Directory, "src/bin")))
            foreach (var file in System.IO.Directory.GetFiles(Path.Combine(Directory, "src/bin"), "*.rs"))
                bins[Path.GetFileNameWithoutExtension(file)] = file;
        return bins;
    }

    /// <summary>Every target but the bins, as <c>KIND:NAME</c>.</summary>
    public IEnumerable<string> OtherTargets()
    {
        if (File.Exists(BuildScript))
            yield return "custom-build:build-script-build";
        if (File.Exists(Library))
            yield return $"lib:{Name}";
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="FormatException">It is no manifest.</exception>
    public static FakePackage Read(string directory)
    {
        var package = new FakePackage("", "", directory, new(StringComparer.Ordinal), []);
        foreach (var words in File.ReadAllLines(Path.Combine(directory, "Cargo.toml")).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (words is ["package", var name, var version])
                package = package with { Name = name, Version = version };
            else if (words is ["feature", var feature, "=", ..])
                package.Features[feature] = words[3..];
            else if (words is ["dependency", var dependency, ..])
                package.Dependencies.Add((dependency, words[2..]));
            else if (words is not ([] or ["#", ..]))
                throw new FormatException($"{directory}/Cargo.toml: {string.Join(' ', words)}");
        }
        return package;
    }
}

/// <summary>A model workspace as it lies on disk: what <c>cargo metadata</c> and cargo's feature resolution would make of it.</summary>
internal sealed class FakeWorkspace
{
    private readonly string _root;

    private FakeWorkspace(string root, IEnumerable<FakePackage> packages)
    {
        _root = root;
        Packages = new(packages.ToDictionary(p => p.Name), StringComparer.Ordinal);
    }

    public SortedDictionary<string, FakePackage> Packages { get; }

    /// <exception cref="FormatException">A manifest is wrong.</exception>
    public static FakeWorkspace Read(string root) => new(root, Directory.GetDirectories(Path.Combine(root, "probes"))
        .Concat([Path.Combine(root, "kit"), Path.Combine(root, "mid"), Path.GetFullPath("../outside", root)])
        .Where(d => File.Exists(Path.Combine(d, "Cargo.toml")))
        .Select(FakePackage.Read));

    /// <summary>A package and all it depends on, by name.</summary>
    public IEnumerable<FakePackage> Closure(FakePackage package) =>
        package.Dependencies.SelectMany(d => Closure(Packages[d.Name])).Append(package).DistinctBy(p => p.Name).OrderBy(p => p.Name, StringComparer.Ordinal);

    /// <summary>The features of each package, unified over everything that some packages need.</summary>
    /// <param name="packages">Names of the packages.</param>
    /// <param name="requested">Features asked for from outside, as <c>package/feature</c>.</param>
    public Dictionary<string, SortedSet<string>> Features(IEnumerable<string> packages, IEnumerable<string> requested)
    {
        var features = Packages.Keys.ToDictionary(p => p, _ => new SortedSet<string>(StringComparer.Ordinal));
        var queue = new Queue<string>(requested.Concat(packages.SelectMany(p => Closure(Packages[p]))
            .SelectMany(p => p.Dependencies.SelectMany(d => d.Features.Select(f => $"{d.Name}/{f}")))));
        while (queue.TryDequeue(out var next))
            if (next.Split('/') is [var package, var feature] && features[package].Add(feature))
                foreach (var further in Packages[package].Features.GetValueOrDefault(feature, []))
                    queue.Enqueue(further);
        return features;
    }

    /// <summary>The answer of <c>cargo metadata</c>.</summary>
    public string Metadata() => JsonSerializer.Serialize(new
    {
        workspace_root = _root,
        workspace_members = Packages.Values.Select(p => p.Id),
        packages = Packages.Values.Select(p => new
        {
            id = p.Id,
            name = p.Name,
            version = p.Version,
            source = (string?)null,
            manifest_path = p.Manifest,
            features = p.Features,
            targets = p.Bins().Keys.Select(b => $"bin:{b}").Concat(p.OtherTargets()).Select(t => t.Split(':')).Select(t => new { name = t[1], kind = (string[])[t[0]] }),
            dependencies = p.Dependencies.Select(d => new { name = d.Name, rename = (string?)null, features = d.Features, uses_default_features = true, optional = false }),
        }),
        resolve = new
        {
            nodes = Packages.Values.Select(p => new
            {
                id = p.Id,
                deps = p.Dependencies.Select(d => new { name = d.Name, pkg = Packages[d.Name].Id, dep_kinds = new[] { new { kind = (string?)null } } }),
            }),
        },
    });
}
