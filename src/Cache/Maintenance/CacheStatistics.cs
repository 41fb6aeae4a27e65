using System.Collections.Immutable;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Maintenance;

/// <summary>What takes the space: everything of one kind.</summary>
/// <param name="Kind">What the files are: outputs of a stage, or a part of the cache.</param>
/// <param name="Files">How many there are.</param>
/// <param name="Space">Bytes of the disk that they take.</param>
public sealed record SpaceOfKind(string Kind, int Files, long Space);

/// <summary>What is in a cache directory.</summary>
/// <param name="Space">Bytes of the disk that everything takes.</param>
/// <param name="Results">How many sound results there are.</param>
/// <param name="Blobs">How many blobs there are.</param>
/// <param name="Oldest">When the result that was not used for longest was last used (UTC); null when there is none.</param>
/// <param name="Newest">When the result that was used last was used.</param>
/// <param name="Kinds">What takes the space, most of it first.</param>
public sealed record CacheStatistics(
    long Space, int Results, int Blobs, DateTime? Oldest, DateTime? Newest, ImmutableArray<SpaceOfKind> Kinds)
{
    /// <summary>The kind of blobs that no result names.</summary>
    public const string Orphans = "blobs of no result";

    /// <summary>Counts an inventory. A blob that results of several kinds name belongs to that of which most name it.</summary>
    public static CacheStatistics Of(CacheInventory inventory)
    {
        var kinds = KindsOfBlobs(inventory.Results);
        var grouped = inventory.Files
            .GroupBy(f => f.Part == CachePart.Blob ? kinds.GetValueOrDefault(f.Digest, Orphans) : NameOf(f.Part), StringComparer.Ordinal)
            .Select(g => new SpaceOfKind(g.Key, g.Count(), g.Sum(f => f.Space)));
        var uses = inventory.Results.Select(r => r.File.LastUse).ToList();
        return new CacheStatistics(
            inventory.Files.Sum(f => f.Space), inventory.Results.Length, inventory.Blobs.Count(),
            uses.Count > 0 ? uses.Min() : null, uses.Count > 0 ? uses.Max() : null,
            [.. grouped.OrderByDescending(k => k.Space).ThenBy(k => k.Kind, StringComparer.Ordinal)]);
    }

    private static Dictionary<Digest, string> KindsOfBlobs(IEnumerable<StoredResult> results) => results
        .SelectMany(r => r.Blobs.Select(b => (Blob: b, r.Kind)))
        .GroupBy(b => b.Blob)
        .ToDictionary(g => g.Key, g => g.CountBy(b => b.Kind).OrderByDescending(k => k.Value).ThenBy(k => k.Key, StringComparer.Ordinal).First().Key);

    private static string NameOf(CachePart part) => part switch
    {
        CachePart.Result => "results",
        CachePart.Temporary => "temporaries",
        CachePart.Quarantine => "quarantine",
        CachePart.Lock => "locks",
        CachePart.Pass => "passes",
        CachePart.Index => "index",
        CachePart.Pin => "pins",
        _ => "foreign files",
    };
}
