using System.Collections.Immutable;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>How the paths that matter looked at one moment: enough to notice that one of them has changed since.</summary>
/// <param name="Files">The stamp of each file.</param>
/// <param name="Directories">The names in each directory: editors' temporary files come and go without being among them.</param>
internal sealed record SeenStamps(
    ImmutableArray<(string Path, FileStamp Stamp)> Files, ImmutableArray<(string Path, Digest Names)> Directories)
{
    /// <summary>Looks at paths as they are now.</summary>
    public static SeenStamps Of(IEnumerable<string> paths)
    {
        var all = paths.ToLookup(Directory.Exists);
        return new SeenStamps(
            [.. all[false].Select(p => (p, FileStamp.Of(p)))],
            [.. all[true].Select(p => (p, FileTable.ReadListing(p).Digest))]);
    }

    /// <summary>Whether nothing is known yet of what matters.</summary>
    public bool IsEmpty => Files.IsEmpty && Directories.IsEmpty;

    /// <summary>Whether every path still looks the same. Nothing holds when nothing is known.</summary>
    public bool StillHolds() =>
        !IsEmpty
        && Files.All(f => FileStamp.Of(f.Path) == f.Stamp)
        && Directories.All(d => FileTable.ReadListing(d.Path).Digest == d.Names);
}
