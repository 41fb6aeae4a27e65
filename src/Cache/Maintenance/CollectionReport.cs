using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Maintenance;

/// <summary>What a collection removed.</summary>
/// <param name="Results">How many results.</param>
/// <param name="Blobs">How many blobs.</param>
/// <param name="Others">How many other files: what killed processes left behind, what was in quarantine for long.</param>
/// <param name="Freed">Bytes of the disk that they took.</param>
/// <param name="Left">Bytes of the disk that the rest takes.</param>
public sealed record CollectionReport(int Results, int Blobs, int Others, long Freed, long Left)
{
    /// <summary>What was used within this time stays, unless somebody says otherwise.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    // Of what goes sooner than a build can use it, no build ever gets enough.
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(1);

    /// <summary>Makes a cache keep to its limits. Builds may go on meanwhile, and other collections.</summary>
    /// <param name="root">The versioned cache directory.</param>
    /// <param name="limits">How much may stay.</param>
    /// <param name="grace">What was used within this time stays, whatever the limits say; a second at least.</param>
    /// <param name="dryRun">Whether nothing is removed, and only said what would be.</param>
    /// <param name="cancellation">Stops it between two files; the cache is in order at any moment.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CollectionReport Run(string root, CacheLimits limits, TimeSpan grace, bool dryRun, CancellationToken cancellation)
    {
        var spared = grace < ShortestGrace ? ShortestGrace : grace;
        var plan = CollectionPlan.Of(CacheInventory.Take(root, cancellation), new CachePins(root).Keys(), limits, DateTime.UtcNow, spared);
        var removed = new List<CacheFile>();
        foreach (var file in plan.Files)
        {
            cancellation.ThrowIfCancellationRequested();
            if (dryRun || TryRemove(file))
                removed.Add(file);
        }
        if (!dryRun)
            RemoveEmptyWork(root, removed);
        int Count(Func<CachePart, bool> part) => removed.Count(f => part(f.Part));
        var freed = removed.Sum(f => f.Space);
        var left = plan.Space + plan.Files.Sum(f => f.Space) - freed;
        return new CollectionReport(
            Count(p => p == CachePart.Result), Count(p => p == CachePart.Blob), Count(p => p is not (CachePart.Result or CachePart.Blob)), freed, left);
    }

    /// <summary>When builds last had the cache collected (UTC); null when they never had.</summary>
    /// <param name="root">The versioned cache directory.</param>
    public static DateTime? LastIn(string root) => File.Exists(MarkIn(root)) ? File.GetLastWriteTimeUtc(MarkIn(root)) : null;

    /// <summary>Notes that a build has the cache collected now.</summary>
    /// <param name="root">The versioned cache directory.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void SetLast(string root) => NewFile.Write(MarkIn(root), []);

    private static string MarkIn(string root) => Path.Combine(root, CacheFile.CollectionMark);

    private static bool TryRemove(CacheFile file)
    {
        try
        {
            if (file.Part == CachePart.Lock)
            {
                // Whoever gets the lock removes the file; if somebody has it, it is theirs.
                using var mine = ActionLock.TryAcquire(file.Path);
                return mine is not null;
            }
            // Somebody has used it, or made it anew, since the plan was made.
            if (File.GetLastWriteTimeUtc(file.Path) != file.LastUse)
                return false;
            File.Delete(file.Path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's: the rest can go all the same.
            return false;
        }
    }

    // Directories of workers that were killed. One that is in use and still empty is not old.
    private static void RemoveEmptyWork(string root, List<CacheFile> removed)
    {
        var emptied = removed.Where(f => f.Part == CachePart.Temporary).Select(f => Path.GetDirectoryName(f.Path)!).ToHashSet(StringComparer.Ordinal);
        var work = new DirectoryInfo(Path.Combine(root, "blobs", "tmp"));
        foreach (var directory in work.Exists ? work.EnumerateDirectories() : [])
        {
            var isOld = DateTime.UtcNow - directory.LastWriteTimeUtc > CollectionPlan.LongestWork;
            if (isOld || emptied.Contains(directory.FullName))
                RemoveIfEmpty(directory);
        }
    }

    private static void RemoveIfEmpty(DirectoryInfo directory)
    {
        try
        {
            if (!directory.EnumerateFileSystemInfos().Any())
                directory.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its worker has removed it meanwhile, or put something into it.
        }
    }
}
