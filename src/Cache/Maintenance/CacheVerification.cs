using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Signing;

namespace BpfIncr.Cache.Maintenance;

/// <summary>What a look at everything found.</summary>
/// <param name="Blobs">How many blobs were read.</param>
/// <param name="Results">How many results were read.</param>
/// <param name="Bytes">How many bytes that was.</param>
/// <param name="Incomplete">How many sound results have outputs that are not there; a build that needs one makes it again.</param>
/// <param name="Damaged">The names of blobs and results that were damaged, below the cache directory, in their order.</param>
/// <param name="Untrusted">Those of sound results that are not signed as they have to be.</param>
public sealed record CacheVerification(
    int Blobs, int Results, long Bytes, int Incomplete, ImmutableArray<string> Damaged, ImmutableArray<string> Untrusted)
{
    /// <summary>
    /// Reads everything in a versioned cache directory, several files at once and none of them whole, except results. What is damaged
    /// is moved to quarantine, and so is what none of the signers has signed.
    /// </summary>
    /// <param name="root">The directory.</param>
    /// <param name="signers">Who has to have signed every result.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CacheVerification Run(string root, Signers signers, CancellationToken cancellation)
    {
        var files = CacheFile.In(root).Where(f => f.Part is CachePart.Blob or CachePart.Result).ToList();
        var blobs = new BlobStore(root);
        var broken = files.AsParallel().WithCancellation(cancellation).Where(f => !(f.Part == CachePart.Blob ? IsSound(f, blobs) : IsSound(f, root))).ToList();
        var untrusted = files.Except(broken).Where(f => f.Part == CachePart.Result).AsParallel().WithCancellation(cancellation)
            .Where(f => !IsTrusted(f, signers, root)).ToList();
        var left = CacheInventory.Take(root, cancellation);
        var present = left.Blobs.Select(b => b.Digest).ToHashSet();
        return new CacheVerification(
            files.Count(f => f.Part == CachePart.Blob), files.Count(f => f.Part == CachePart.Result), files.Sum(f => f.Size),
            left.Results.Count(r => !r.Outputs.All(present.Contains)),
            Names(broken), Names(untrusted));

        ImmutableArray<string> Names(IEnumerable<CacheFile> found) =>
            [.. found.Select(f => Path.GetRelativePath(root, f.Path)).Order(StringComparer.Ordinal)];
    }

    // A build may have collected it since it was listed: what is not there is not damaged.
    private static bool IsSound(CacheFile file, BlobStore blobs) => blobs.Contains(file.Digest) || !blobs.WasDamaged(file.Digest);

    private static bool IsSound(CacheFile file, string root)
    {
        if (ResultFile.TryRead(file.Path) is { } result && result.Action.Key.Hash == file.Name)
            return true;
        if (!File.Exists(file.Path))
            return true;
        Quarantine.Take(root, file.Path);
        return false;
    }

    private static bool IsTrusted(CacheFile file, Signers signers, string root)
    {
        try
        {
            if (signers.IsAnyone || signers.ObjectionTo(File.ReadAllBytes(file.Path)) is null)
                return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
        Quarantine.Take(root, file.Path);
        return false;
    }
}
