using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Watch;

/// <summary>The paths that a watching program listens to, and which events there can matter.</summary>
/// <param name="root">The directory of the <c>bpfincr.json</c>.</param>
/// <param name="cache">The cache directory, which every pass writes to, wherever it is.</param>
internal sealed class WatchedPaths(string root, string cache)
{
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _listed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _directories = new([root], StringComparer.Ordinal);

    /// <summary>Where objects go; empty when that is not known yet.</summary>
    public string Output { get; set; } = "";

    /// <summary>The directories to listen to, whether or not they are there.</summary>
    public IReadOnlyCollection<string> Directories => _directories;

    /// <summary>Listens to what a pass looked at.</summary>
    public void Add(PassRecord record)
    {
        foreach (var (path, entry) in record.Entries)
            Add(path, entry.IsDirectory);
    }

    /// <summary>Listens to what a pass looked at, good or not.</summary>
    public void Add(FileTable files)
    {
        foreach (var path in files.Files.Keys)
            Add(path, isDirectory: false);
        foreach (var path in files.Listings.Keys)
            Add(path, isDirectory: true);
    }

    /// <summary>Whether an event on a path may mean that something is different that was looked at.</summary>
    public bool Matters(string path) =>
        _paths.Contains(path)
        || _directories.Contains(path)
        || (_listed.TryGetValue(Parent(path), out var hasHidden) && (hasHidden || FileTable.Counts(Path.GetFileName(path))));

    /// <summary>Whether it may mean a source that nobody has looked at yet, because the pass that would have done so failed.</summary>
    public bool MayMatter(string path) =>
        Matters(path)
        || (path.StartsWith($"{root}/", StringComparison.Ordinal) && !IsOutput(path) && path[(root.Length + 1)..].Split('/').All(FileTable.Counts));

    /// <summary>Whether a path is something that builds make.</summary>
    public bool IsOutput(string path) => IsBelow(path, cache) || (Output.Length > 0 && IsBelow(path, Output));

    private void Add(string path, bool isDirectory)
    {
        // What cargo writes is nobody's source, and every build writes it.
        if (Output.Length > 0 && path.StartsWith($"{Output}/cargo/", StringComparison.Ordinal))
            return;
        // A slash at the end only says how a directory is listed.
        var bare = path.Length > 1 ? path.TrimEnd('/') : path;
        if (isDirectory)
            (_listed[bare], _) = (path != bare || _listed.GetValueOrDefault(bare), _directories.Add(bare));
        if (_paths.Add(bare) && !isDirectory && new FileInfo(bare).LinkTarget is not null && File.ResolveLinkTarget(bare, returnFinalTarget: true) is { } real)
            Add(real.FullName, isDirectory: false);
        _directories.Add(Parent(bare));
    }

    private static bool IsBelow(string path, string directory) => path == directory || path.StartsWith($"{directory}/", StringComparison.Ordinal);

    private static string Parent(string path) => Path.GetDirectoryName(path) ?? "/";
}
