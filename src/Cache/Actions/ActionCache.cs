using System.Collections.Concurrent;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Actions;

/// <summary>
/// Action results by key, one file each (<see cref="ResultFile"/>): <c>results/ab/abcdef…</c>. A result is written by rename
/// after all its blobs, and the first writer wins. One that is damaged, or that lies under a key that is not its own, is a
/// miss and is moved to quarantine.
/// </summary>
public sealed class ActionCache
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly string _results;
    private readonly string _locks;
    private readonly Action<Digest> _damaged;
    private readonly bool _readOnly;
    private readonly ConcurrentDictionary<Digest, bool> _damagedKeys = new();

    /// <summary>Opens the results below a cache directory.</summary>
    /// <param name="root">The versioned cache directory (<c>…/v1</c>).</param>
    /// <param name="damaged">Told of each key whose result was found damaged.</param>
    /// <param name="readOnly">Whether a damaged result is left where it is.</param>
    public ActionCache(string root, Action<Digest>? damaged = null, bool readOnly = false)
    {
        _readOnly = readOnly;
        Root = root;
        _results = Path.Combine(root, "results");
        _locks = Path.Combine(root, "locks");
        _damaged = damaged ?? (_ => { });
    }

    /// <summary>The versioned cache directory.</summary>
    public string Root { get; }

    /// <summary>Where the result of <paramref name="key"/> is, or would be.</summary>
    public string PathOf(Digest key)
    {
        var hash = key.Hash;
        return Path.Combine(_results, hash[..2], hash);
    }

    /// <summary>The result of an action; null when it has none that is sound.</summary>
    public StepResult? TryGet(Digest key)
    {
        var path = PathOf(key);
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!Directory.Exists(path))
                return null;
            // It would be in the way of the result.
            content = [];
        }
        if (ResultFile.Decode(content) is { } result && result.Action.Key == key)
        {
            if (!_readOnly)
                LastUse.Note(path);
            return result;
        }
        _damagedKeys[key] = true;
        _damaged(key);
        if (!_readOnly)
            Quarantine.Take(Root, path);
        return null;
    }

    /// <summary>Whether a result was found damaged under this key.</summary>
    public bool WasDamaged(Digest key) => _damagedKeys.ContainsKey(key);

    /// <summary>Stores a result under its action's key, unless there is one already.</summary>
    /// <returns>The result that counts from now on: the one given, or the one that was there first.</returns>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public StepResult Add(StepResult result)
    {
        // A damaged result of before is gone after it was looked at, so the second try finds the place free.
        for (var tries = 0; tries < 2; tries++)
        {
            if (TryGet(result.Action.Key) is { } first)
                return first;
            if (Write(result, overwrite: false))
                return result;
        }
        return TryGet(result.Action.Key) ?? result;
    }

    /// <summary>Stores a result under its action's key, whatever was there.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public void Replace(StepResult result) => Write(result, overwrite: true);

    /// <summary>Forgets the result of a key, for instance because one of its blobs is gone.</summary>
    public void Remove(Digest key)
    {
        try
        {
            File.Delete(PathOf(key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A read-only cache keeps it; the caller treats it as a miss all the same.
        }
    }

    /// <summary>
    /// Takes the lock of an action that is to be run; look for its result again then. Null when somebody else has been
    /// running it for so long that it is better to run it too.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<ActionLock?> LockAsync(Digest key, CancellationToken cancellation) =>
        ActionLock.AcquireAsync(LockOf(key), Patience, cancellation);

    /// <summary>Takes the lock of an action; null when somebody else has it.</summary>
    public ActionLock? TryLock(Digest key) => ActionLock.TryAcquire(LockOf(key));

    private string LockOf(Digest key) => Path.Combine(_locks, key.Hash);

    // False when there is a result already that is not to be overwritten.
    private bool Write(StepResult result, bool overwrite)
    {
        var path = PathOf(result.Action.Key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():n}";
        NewFile.Write(temporary, ResultFile.Encode(result));
        if (!overwrite)
            return NewFile.TryName(temporary, path);
        NewFile.Name(temporary, path);
        return true;
    }
}
