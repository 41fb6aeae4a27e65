using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Maintenance;

/// <summary>What a file of a cache directory is for.</summary>
public enum CachePart
{
    /// <summary>Content, by digest.</summary>
    Blob,

    /// <summary>An action result, by key.</summary>
    Result,

    /// <summary>Something that is being written, or was when its writer was killed.</summary>
    Temporary,

    /// <summary>Something damaged.</summary>
    Quarantine,

    /// <summary>An action that somebody runs, or ran when they were killed.</summary>
    Lock,

    /// <summary>What a finished pass had looked at.</summary>
    Pass,

    /// <summary>The database, with what belongs to it, and when builds last had the cache collected.</summary>
    Index,

    /// <summary>Results that somebody wants to keep.</summary>
    Pin,

    /// <summary>Nothing that this program knows.</summary>
    Foreign,
}

/// <summary>One file of a cache directory.</summary>
/// <param name="Part">What it is for.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Size">Bytes of content.</param>
/// <param name="Space">Bytes of the disk that it takes.</param>
/// <param name="LastUse">When it was written or last used (UTC).</param>
public readonly record struct CacheFile(CachePart Part, string Path, long Size, long Space, DateTime LastUse)
{
    /// <summary>The name of an empty file: its time is when builds last had the cache collected.</summary>
    internal const string CollectionMark = "collected";

    private const int HashDigits = 2 * Digest.HashLength;

    /// <summary>The last part of the path.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The digest that a blob must have to lie under its name.</summary>
    public Digest Digest => Digest.TryParse(Name, Size, out var digest) ? digest : default;

    /// <summary>
    /// Every file below a versioned cache directory (<c>…/v1</c>). Others may add and remove files meanwhile; each file that is
    /// there all the time is among them.
    /// </summary>
    public static IEnumerable<CacheFile> In(string root)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var path in Directory.Exists(root) ? Directory.EnumerateFiles(root, "*", options) : [])
            if (Posix.StatX(path, out var stat) && stat.IsRegularFile)
                yield return Of(root, path, stat);
    }

    private static CacheFile Of(string root, string path, Posix.StatXBuffer stat)
    {
        var stamp = stat.ToStamp();
        var parts = path[(root.TrimEnd('/').Length + 1)..].Split('/');
        return new CacheFile(PartOf(parts), path, stamp.Size, stat.Space, DateTime.UnixEpoch.AddTicks(stamp.Modified / TimeSpan.NanosecondsPerTick));
    }

    private static CachePart PartOf(string[] parts) => parts switch
    {
        ["blobs", "tmp", ..] => CachePart.Temporary,
        ["blobs", var fan, var name] when IsInFan(fan, name) => CachePart.Blob,
        ["results", var fan, var name] when IsInFan(fan, name) => CachePart.Result,
        ["results", var fan, var name] when name.Length > HashDigits && name[HashDigits] == '.' && IsInFan(fan, name[..HashDigits]) => CachePart.Temporary,
        ["quarantine", _] => CachePart.Quarantine,
        ["locks", _] => CachePart.Lock,
        ["passes", _, var name] => name.Contains('.', StringComparison.Ordinal) ? CachePart.Temporary : CachePart.Pass,
        ["pins", _] => CachePart.Pin,
        ["index.db" or "index.db-wal" or "index.db-shm" or CollectionMark] => CachePart.Index,
        _ => CachePart.Foreign,
    };

    private static bool IsInFan(string fan, string name) =>
        name.StartsWith(fan, StringComparison.Ordinal) && fan.Length == 2 && Digest.TryParse(name, 0, out _);
}
