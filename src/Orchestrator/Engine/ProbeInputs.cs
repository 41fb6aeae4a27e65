using System.Collections.Concurrent;
using System.Collections.Immutable;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Which paths each probe of a pass depends on: what rustc read, and where its objects are. When nothing but some of
/// these changes, the next pass is about the probes that have them and no others.
/// </summary>
internal sealed class ProbeInputs(FileTable files)
{
    private readonly ConcurrentDictionary<string, ImmutableSortedSet<string>> _paths = new(StringComparer.Ordinal);

    /// <summary>The files and trees of a path set.</summary>
    public void Add(Probe probe, PathSet paths)
    {
        var root = probe.Unit.Workspace.Root;
        // A tree's directories count as well: a file may appear in any of them.
        var trees = paths.Trees.Concat(paths.Files.Where(f => Directory.Exists(Path.GetFullPath(f, root)))).Select(t => Path.GetFullPath(t, root)).SelectMany(t => files.Listings.Keys.Where(d => d == t || d.StartsWith($"{t.TrimEnd('/')}/", StringComparison.Ordinal)));
        Add(probe, paths.Resolve(root, files).Select(f => f.Path).Concat(trees));
    }

    /// <summary>A single path.</summary>
    public void Add(Probe probe, string path) => Add(probe, [path]);

    /// <summary>The paths by probe.</summary>
    public ImmutableDictionary<string, ImmutableSortedSet<string>> ToImmutable() => _paths.ToImmutableDictionary(StringComparer.Ordinal);

    private void Add(Probe probe, IEnumerable<string> paths)
    {
        var added = paths.ToImmutableSortedSet(StringComparer.Ordinal);
        _paths.AddOrUpdate(probe.Name, added, (_, known) => known.Union(added));
    }
}
