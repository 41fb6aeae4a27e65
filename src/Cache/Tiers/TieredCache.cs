using System.Collections.Concurrent;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Signing;

namespace BpfIncr.Cache.Tiers;

/// <summary>A result that a cache has.</summary>
/// <param name="Result">The result.</param>
/// <param name="Tier">The name of the shared tier that it came from; null for the local cache.</param>
public readonly record struct CacheHit(StepResult Result, string? Tier);

/// <summary>
/// The local cache and the shared tiers as one, for the duration of a pass. Whoever asks is answered by the first that
/// knows: the local cache, then the tiers in their order. A result that is found is stored in the local cache, and in the
/// writable tiers that did not have it; the blobs that it names stay where they are until somebody needs one of them.
///
/// What was made here is signed, when there is a key, and in the local cache before the step is done. Tiers get it meanwhile, from a few threads; a pass
/// waits for them with <see cref="FlushAsync"/> before it says that it is done.
/// </summary>
/// <param name="results">The local results.</param>
/// <param name="blobs">The local blobs.</param>
/// <param name="tiers">The shared tiers, in the order in which they are asked.</param>
/// <param name="report">Told of trouble that another process had with a tier.</param>
/// <param name="isReadOnly">Whether it is only looked: nothing is stored anywhere then.</param>
/// <param name="signingKey">Signs what is made here; null when nobody does.</param>
public sealed class TieredCache(
    ActionCache results, BlobStore blobs, IReadOnlyList<SharedTier> tiers, Action<TierTrouble> report, bool isReadOnly = false, SigningKey? signingKey = null)
{
    // Enough to hide the latency of a disk at the other end of a network.
    private const int Writers = 4;

    private readonly TaskScheduler _writers = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Writers).ConcurrentScheduler;
    private readonly ConcurrentQueue<Task> _writing = [];

    /// <summary>The local results.</summary>
    public ActionCache Results => results;

    /// <summary>The local blobs.</summary>
    public BlobStore Blobs => blobs;

    /// <summary>The tiers that are in use.</summary>
    public IEnumerable<TierSettings> Tiers => tiers.Where(t => t.IsOn).Select(t => t.Settings);

    /// <summary>The result of an action; null when nobody has one.</summary>
    /// <exception cref="IOException">The local cache cannot be written.</exception>
    public CacheHit? TryGet(Digest key)
    {
        if (results.TryGet(key) is { } known)
            return new CacheHit(known, null);
        for (var i = 0; i < tiers.Count; i++)
        {
            if (tiers[i].TryGet(key) is not { } found)
                continue;
            if (isReadOnly)
                return new CacheHit(found, tiers[i].Settings.Name);
            Write(tiers.Take(i), t => t.Add(found, Read));
            return new CacheHit(results.Add(found), tiers[i].Settings.Name);
        }
        return null;
    }

    /// <summary>Every result that is stored for a key, one for each place that has one; only what is enumerated is looked for.</summary>
    public IEnumerable<StepResult> All(Digest key)
    {
        if (results.TryGet(key) is { } known)
            yield return known;
        foreach (var tier in tiers)
            if (tier.TryGet(key) is { } found)
                yield return found;
    }

    /// <summary>Whether a blob can be had; it is in <see cref="Blobs"/> then, unless it is only looked.</summary>
    /// <exception cref="IOException">The local cache cannot be written.</exception>
    public bool Obtain(Digest digest) =>
        blobs.Contains(digest) || (isReadOnly ? tiers.Any(t => t.Has(digest)) : Fetch(digest) is not null);

    /// <summary>The content of a blob; null when nobody has it.</summary>
    /// <exception cref="IOException">The local cache cannot be written.</exception>
    public byte[]? TryRead(Digest digest) => blobs.TryRead(digest) ?? Fetch(digest);

    /// <summary>Stores a result that was made here and whose blobs are stored, unless there is one for its action.</summary>
    /// <returns>The result that counts from now on.</returns>
    /// <exception cref="IOException">The local cache cannot be written.</exception>
    public StepResult Add(StepResult result)
    {
        var signed = Signed(result);
        var counts = results.Add(signed);
        // What was there first may not be signed, and is not ours to sign.
        var shared = counts.Identity == signed.Identity ? signed : counts;
        Write(tiers, t => t.Add(shared, Read));
        return counts;
    }

    /// <summary>Gives the tiers what another process has made for this one and stored in the local cache; such processes have no key.</summary>
    public void Share(Digest key)
    {
        if (tiers.Count > 0 && results.TryGet(key) is { } result)
            Write(tiers, t => t.Add(Signed(result), Read));
    }

    /// <summary>Stores a result that is not final in the local cache, whatever was there.</summary>
    /// <exception cref="IOException">The local cache cannot be written.</exception>
    public void Replace(StepResult result)
    {
        if (!isReadOnly)
            results.Replace(result);
    }

    /// <summary>Replaces a result that is not final in each tier by what is made of it.</summary>
    /// <param name="key">The action key.</param>
    /// <param name="blob">The blob that the result has to name.</param>
    /// <param name="change">Makes the new result of the one that is there; null when that is good as it is.</param>
    public void Update(Digest key, Digest blob, Func<StepResult?, StepResult?> change) =>
        Write(tiers, t => t.Update(key, blob, there => change(there) is { } wanted ? Signed(wanted) : null, Read));

    /// <summary>Forgets the result of a key everywhere, because one of its blobs is lost.</summary>
    public void Forget(Digest key)
    {
        results.Remove(key);
        foreach (var tier in tiers)
            tier.Forget(key);
    }

    /// <summary>Tells of trouble that a process which works for this one had with a tier.</summary>
    public void Report(TierTrouble trouble) => report(trouble);

    /// <summary>Waits until the tiers have everything that they are to have.</summary>
    public Task FlushAsync() => Task.WhenAll(_writing);

    private StepResult Signed(StepResult result) => signingKey?.Sign(result) ?? result;

    private byte[]? Fetch(Digest digest)
    {
        for (var i = 0; i < tiers.Count; i++)
        {
            if (tiers[i].TryRead(digest) is not { } content)
                continue;
            if (!isReadOnly)
                blobs.Put(content, digest);
            return content;
        }
        return null;
    }

    // For a tier: it gets what can be had, and nobody else keeps what only passes through.
    private byte[]? Read(Digest digest)
    {
        try
        {
            return blobs.TryRead(digest) ?? tiers.Select(t => t.TryRead(digest)).FirstOrDefault(c => c is not null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Write(IEnumerable<SharedTier> targets, Action<SharedTier> write)
    {
        foreach (var tier in targets.Where(t => !t.Settings.IsReadOnly && !isReadOnly))
            _writing.Enqueue(Task.Factory.StartNew(() => write(tier), CancellationToken.None, TaskCreationOptions.None, _writers));
    }
}
