using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Signing;

namespace BpfIncr.Cache.Maintenance;

/// <summary>What came out of a bundle.</summary>
/// <param name="Results">How many results were new here.</param>
/// <param name="Blobs">How many blobs were new here.</param>
/// <param name="Known">How many blobs and results were here already.</param>
/// <param name="Bytes">Bytes of content that were read.</param>
public sealed record ImportReport(int Results, int Blobs, int Known, long Bytes);

/// <summary>Something is no bundle, or not as it was written. What came before that in it is in order, and stays.</summary>
/// <param name="message">What is wrong.</param>
public sealed class BundleException(string message) : Exception(message);

/// <summary>
/// Reads bundles. They may come from anywhere: no name in them becomes a path before it is known to be that of a blob or a result,
/// each blob has to hash to its name before it is in the cache, each result to its own hash and key, and what is in memory is one
/// result at most. A result that is here already stays, as with any other writer.
/// </summary>
public static partial class BundleReader
{
    // A result lists names and digests: this is a hundred thousand of them.
    private const long LargestResult = 16 << 20;

    // What the archive's own headers may take between two entries.
    private const long LargestHeader = 64 << 10;

    /// <summary>Puts what is in a bundle into a cache.</summary>
    /// <param name="root">The versioned cache directory.</param>
    /// <param name="source">The bundle.</param>
    /// <param name="signers">Who has to have signed every result in it.</param>
    /// <param name="cancellation">Stops it between two entries.</param>
    /// <exception cref="BundleException">It is damaged, or none.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ImportReport Read(string root, Stream source, Signers signers, CancellationToken cancellation)
    {
        using var content = new MeteredStream(new GZipStream(source, CompressionMode.Decompress, leaveOpen: true));
        using var archive = new TarReader(content);
        var (blobs, results) = (new BlobStore(root), new ActionCache(root));
        var report = new ImportReport(0, 0, 0, 0);
        // What was not read of an entry is skipped on the way to the next.
        for (var before = 0L; Next(archive, content, before) is { } entry; before = entry.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry.Length > FreeSpace(root))
                throw new IOException($"{entry.Name} has {entry.Length} bytes, and {FreeSpace(root)} are free");
            var isNew = IsBlob(entry) ? Add(entry, blobs) : Add(entry, results, signers);
            report = report with
            {
                Blobs = report.Blobs + (isNew && IsBlob(entry) ? 1 : 0),
                Results = report.Results + (isNew && !IsBlob(entry) ? 1 : 0),
                Known = report.Known + (isNew ? 0 : 1),
                Bytes = report.Bytes + entry.Length,
            };
        }
        // The checksum of the compression comes last.
        content.Allowance = LargestHeader;
        Reading(() => { content.CopyTo(Stream.Null); return true; });
        return report;
    }

    private static TarEntry? Next(TarReader archive, MeteredStream content, long before)
    {
        content.Allowance = before + LargestHeader;
        var entry = Reading(() => archive.GetNextEntry());
        content.Allowance = long.MaxValue;
        if (entry is null)
            return null;
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !Name().IsMatch(entry.Name))
            throw new BundleException($"it has an entry that is neither a blob nor a result: {entry.Name}");
        return entry;
    }

    private static bool Add(TarEntry entry, BlobStore blobs)
    {
        var digest = Digest.TryParse(HashOf(entry), entry.Length, out var named) ? named : default;
        if (blobs.Contains(digest))
            return false;
        return Reading(() => blobs.TryPut(digest, entry.DataStream ?? Stream.Null))
            ? true
            : throw new BundleException($"{entry.Name} is damaged");
    }

    private static bool Add(TarEntry entry, ActionCache results, Signers signers)
    {
        if (entry.Length > LargestResult)
            throw new BundleException($"{entry.Name} is too large for a result");
        var bytes = new byte[entry.Length];
        Reading(() => entry.DataStream?.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: true));
        if (signers.ObjectionTo(bytes) is { } objection)
            throw new BundleException($"{entry.Name} {objection}");
        if (ResultFile.Decode(bytes) is not { } result || result.Action.Key.Hash != HashOf(entry))
            throw new BundleException($"{entry.Name} is damaged");
        var known = results.TryGet(result.Action.Key);
        if (!result.IsPathSets)
            return known is null && ReferenceEquals(results.Add(result), result);
        // Those that were seen here stay, behind the others.
        var merged = StepResult.OfPathSets(result.Action, result.Outputs.Select(o => o.Digest), known);
        if (merged.Identity == known?.Identity)
            return false;
        results.Replace(merged);
        return true;
    }

    private static long FreeSpace(string root) => new DriveInfo(Directory.CreateDirectory(root).FullName).AvailableFreeSpace;

    private static bool IsBlob(TarEntry entry) => entry.Name.StartsWith("blobs/", StringComparison.Ordinal);

    private static string HashOf(TarEntry entry) => entry.Name[^(2 * Digest.HashLength)..];

    // Whatever is wrong with an archive, or with its compression, is one thing to whoever gave it.
    private static T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or OverflowException)
        {
            throw new BundleException($"it cannot be read: {e.Message}");
        }
    }

    // The two digits before the last slash are the first two behind it.
    [GeneratedRegex(@"\A(?:blobs|results)/([0-9a-f]{2})/\1[0-9a-f]{62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
