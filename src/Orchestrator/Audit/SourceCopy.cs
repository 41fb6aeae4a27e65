using System.Collections.Immutable;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>
/// The sources of probes in another place: at their own path below a temporary directory. Copied are whole directories (that of
/// <c>bpfincr.json</c>, the Cargo workspaces, the packages) without what git ignores, unless a build is known to read it; and
/// files beside or above them that are read, so that a relative path leads to them from both places. Directories there are linked to.
/// </summary>
internal sealed class SourceCopy : IDisposable
{
    private const string Repository = ".git";

    private readonly string _root = RealPath.Of(Directory.CreateTempSubdirectory("bpfincr-audit-").FullName);
    private readonly string _sources;
    private readonly Settings _settings;
    private readonly ImmutableArray<string> _places;
    private readonly ImmutableArray<(string Written, string Real)> _directories;
    private readonly HashSet<string> _beside = new(StringComparer.Ordinal);

    private SourceCopy(Snapshot snapshot)
    {
        _sources = Path.Combine(_root, "sources");
        _settings = snapshot.Settings;
        _directories = [.. DirectoriesOf(snapshot).Distinct(StringComparer.Ordinal).Select(d => (d, RealPath.Of(d)))];
        _places = [.. _directories.Select(d => d.Real).Where(d => !_directories.Any(other => other.Real != d && IsWithin(d, other.Real))).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Copies the sources of a snapshot.</summary>
    /// <param name="snapshot">What there is.</param>
    /// <param name="known">Files that builds are known to read.</param>
    /// <param name="cache">The cache directory; it may lie among the sources, and is none.</param>
    /// <exception cref="IOException">Something cannot be read, or the temporary directory cannot be written.</exception>
    public static SourceCopy Of(Snapshot snapshot, IEnumerable<string> known, string cache)
    {
        var copy = new SourceCopy(snapshot);
        try
        {
            copy.Fill(known.Where(f => !IsOfTools(f, snapshot)), cache);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>The configuration for the copy.</summary>
    /// <param name="toolchain">The toolchain of the snapshot.</param>
    public Settings SettingsFor(Toolchain toolchain) => _settings with
    {
        File = Place(_settings.File),
        Directory = Place(_settings.Directory),
        Workspaces = [.. _settings.Workspaces.Select(Place)],
        Inputs = [.. _settings.Inputs.Select(Place)],
        Output = Path.Combine(_root, "output"),
        // What else could lead to a toolchain depends on the place.
        Rustc = toolchain.Rustc,
        Mode = toolchain.Mode,
    };

    /// <summary>A place for a cache beside the copy.</summary>
    public string Cache => Path.Combine(_root, "cache");

    /// <summary>A new directory beside the copy.</summary>
    public string NewDirectory(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>Where a path is in the copy; the path itself when it is not there.</summary>
    public string Place(string path)
    {
        var real = RealOf(path);
        return _beside.Contains(real) || IsCopied(real) ? _sources + real : path;
    }

    /// <summary>The path that a path in the copy stands for; any other is what it is.</summary>
    public string OriginalOf(string path) => IsWithin(path, _sources) && path.Length > _sources.Length ? path[_sources.Length..] : path;

    /// <summary>Whether a path is one of the sources, here or in the copy.</summary>
    public bool IsSource(string path) => OriginalOf(path) is var original && (IsCopied(original) || _beside.Any(l => IsWithin(original, l)));

    /// <summary>Whether a path is what the audit itself made beside the copy.</summary>
    public bool IsMade(string path) => IsWithin(path, _root) && !IsWithin(path, _sources);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Fill(IEnumerable<string> known, string cache)
    {
        string[] excluded = [RealPath.Of(_settings.Output), RealPath.Of(cache), _root];
        foreach (var place in _places)
            new TreeCopy(place, excluded).To(_sources + place);
        AddRepository(RealPath.Of(_settings.Directory));
        // Directories first: what is in one that is linked to is there then.
        foreach (var path in _settings.Inputs.OrderByDescending(Directory.Exists).Concat(known))
            Add(path);
    }

    private bool IsCopied(string path) => _places.Any(p => IsWithin(path, p));

    private static IEnumerable<string> DirectoriesOf(Snapshot snapshot)
    {
        var workspaces = snapshot.Probes.Select(p => p.Unit.Workspace).Distinct().ToList();
        var packages = workspaces.SelectMany(w => w.Packages.Values).Where(p => p.Source is null).Select(p => p.Directory);
        return new[] { snapshot.Settings.Directory }.Concat(snapshot.Settings.Workspaces).Concat(workspaces.Select(w => w.Root)).Concat(packages);
    }

    // What is behind a link to one of the directories is where cargo says that it is.
    private string RealOf(string path) => _directories.Where(d => IsWithin(path, d.Written)).OrderByDescending(d => d.Written.Length).FirstOrDefault() is { Real: { } real } found
        ? real + path[found.Written.Length..]
        : path;

    // They are found in their own places from anywhere.
    private static bool IsOfTools(string path, Snapshot snapshot) =>
        IsWithin(path, CargoBuild.CargoHome) || snapshot.Toolchain.Toolchain.IdentityFiles.Contains(path);

    private void Add(string path)
    {
        var real = RealOf(path);
        var copy = _sources + real;
        // The machine's own is found from anywhere.
        if (!Path.Exists(real) || PathSet.NameOf(path, _settings.Directory).StartsWith('/'))
            return;
        if (!IsCopied(real))
            _beside.Add(real);
        if (Path.Exists(copy))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        if (File.Exists(real))
            File.Copy(real, copy);
        else
            File.CreateSymbolicLink(copy, real);
    }

    // A build script may ask git. What git writes for itself, the index above all, is not to be written into the repository.
    private void AddRepository(string? directory)
    {
        while (directory is not null && !Path.Exists(Path.Combine(directory, Repository)))
            directory = Path.GetDirectoryName(directory);
        if (directory is null)
            return;
        var (real, copy) = (Path.Combine(directory, Repository), _sources + Path.Combine(directory, Repository));
        if (File.Exists(real))
        {
            File.Copy(real, copy);
            return;
        }
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.EnumerateFiles(real))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        foreach (var below in Directory.EnumerateDirectories(real))
            File.CreateSymbolicLink(Path.Combine(copy, Path.GetFileName(below)), below);
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith($"{directory.TrimEnd('/')}/", StringComparison.Ordinal);
}
