using System.Collections.Immutable;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Maintenance;

/// <summary>
/// What has to go so that a cache keeps to its limits. Results go, the one that was not used for longest first, and with the last
/// result that names it each blob; so that whatever result is left finds its blobs, as far as they were there. What is pinned
/// stays, and what was used within a time of grace: a build that goes on at this moment may be about to name it.
/// </summary>
internal sealed class CollectionPlan
{
    /// <summary>For how long something that is being written is left to its writer.</summary>
    public static readonly TimeSpan LongestWork = TimeSpan.FromDays(1);

    /// <summary>For how long something damaged is kept for a look.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromDays(7);

    private readonly CacheInventory _inventory;
    private readonly CacheLimits _limits;
    private readonly DateTime _now;
    private readonly TimeSpan _grace;
    private readonly Dictionary<Digest, CacheFile> _blobs;
    private readonly Dictionary<Digest, int> _uses = [];
    private readonly ImmutableArray<CacheFile>.Builder _files = ImmutableArray.CreateBuilder<CacheFile>();

    private CollectionPlan(CacheInventory inventory, IReadOnlySet<string> pinned, CacheLimits limits, DateTime now, TimeSpan grace)
    {
        (_inventory, _limits, _now, _grace) = (inventory, limits, now, grace);
        _blobs = inventory.Blobs.ToDictionary(b => b.Digest);
        foreach (var blob in inventory.Results.SelectMany(r => r.Blobs.Distinct()))
            _uses[blob] = _uses.GetValueOrDefault(blob) + 1;
        Space = inventory.Files.Sum(f => f.Space);
        Collect(pinned);
    }

    /// <summary>The files that go, in an order in which they may go: no result after a blob that it names.</summary>
    public ImmutableArray<CacheFile> Files => _files.ToImmutable();

    /// <summary>Bytes of the disk that the rest takes.</summary>
    public long Space { get; private set; }

    /// <summary>Makes the plan.</summary>
    /// <param name="inventory">What is there.</param>
    /// <param name="pinned">Hashes of keys whose results stay.</param>
    /// <param name="limits">How much may stay.</param>
    /// <param name="now">The present (UTC).</param>
    /// <param name="grace">What was used within this time stays, whatever the limits say.</param>
    public static CollectionPlan Of(CacheInventory inventory, IReadOnlySet<string> pinned, CacheLimits limits, DateTime now, TimeSpan grace) =>
        new(inventory, pinned, limits, now, grace);

    private void Collect(IReadOnlySet<string> pinned)
    {
        foreach (var file in _inventory.Files.Where(IsLeftOver))
            Add(file);
        var orphans = _blobs.Values.Where(b => !_uses.ContainsKey(b.Digest) && IsOlder(b, _grace)).ToList();
        // Results go first, but what goes with them counts for the limit.
        var freed = orphans.Sum(b => b.Space);
        var old = _inventory.Results.Where(r => IsOlder(r.File, _grace) && !pinned.Contains(r.File.Name)).OrderBy(r => r.File.LastUse);
        foreach (var result in old)
        {
            var isTooOld = _limits.MaxAge is { } age && IsOlder(result.File, age);
            if (!isTooOld && (_limits.MaxSize is not { } size || Space - freed <= size))
                break;
            Add(result.File);
            foreach (var blob in result.Blobs.Distinct().Where(b => --_uses[b] == 0 && _blobs.TryGetValue(b, out var file) && IsOlder(file, _grace)))
            {
                orphans.Add(_blobs[blob]);
                freed += _blobs[blob].Space;
            }
        }
        foreach (var blob in orphans)
            Add(blob);
    }

    private bool IsLeftOver(CacheFile file) => file.Part switch
    {
        CachePart.Temporary or CachePart.Lock => IsOlder(file, LongestWork),
        CachePart.Quarantine => IsOlder(file, LongestLook),
        CachePart.Pass => _limits.MaxAge is { } age && IsOlder(file, age),
        _ => false,
    };

    private bool IsOlder(CacheFile file, TimeSpan age) => _now - file.LastUse >= age;

    private void Add(CacheFile file)
    {
        _files.Add(file);
        Space -= file.Space;
    }
}
