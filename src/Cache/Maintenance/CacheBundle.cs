using System.Formats.Tar;
using System.IO.Compression;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;

namespace BpfIncr.Cache.Maintenance;

/// <summary>What went into a bundle.</summary>
/// <param name="Results">How many results.</param>
/// <param name="Blobs">How many blobs.</param>
/// <param name="Bytes">Their bytes, before compression.</param>
/// <param name="Missing">How many outputs are not there, or damaged; whoever needs one makes it again.</param>
public sealed record ExportReport(int Results, int Blobs, long Bytes, int Missing);

/// <summary>
/// Writes a part of a cache into one file: a gzip-compressed tar archive with the entries <c>blobs/ab/abcdef…</c>, then
/// <c>results/ab/abcdef…</c>, so that whoever reads it from the beginning has everything that a result names before the result.
/// The same content makes the same bytes.
/// </summary>
public static class CacheBundle
{
    private const UnixFileMode ReadOnly = (UnixFileMode)0b100_100_100;

    /// <summary>Writes a bundle.</summary>
    /// <param name="root">The versioned cache directory.</param>
    /// <param name="results">What it is to have.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IOException">The bundle cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ExportReport Write(string root, IEnumerable<StoredResult> results, Stream target, CancellationToken cancellation)
    {
        var ordered = results.DistinctBy(r => r.File.Name).OrderBy(r => r.File.Name, StringComparer.Ordinal).ToList();
        var store = new BlobStore(root, readOnly: true);
        using var compressed = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true);
        using var archive = new TarWriter(compressed, TarEntryFormat.Ustar);
        var (blobs, missing, bytes) = (0, 0, 0L);
        foreach (var blob in ordered.SelectMany(r => r.Blobs).Distinct().OrderBy(b => b.Hash, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryAdd(archive, "blobs", blob.Hash, () => store.Contains(blob) ? File.OpenRead(store.PathOf(blob)) : null) is { } size)
                (blobs, bytes) = (blobs + 1, bytes + size);
            else
                missing++;
        }
        var written = 0;
        foreach (var result in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryAdd(archive, "results", result.File.Name, () => ResultFile.TryRead(result.File.Path) is null ? null : File.OpenRead(result.File.Path)) is { } size)
                (written, bytes) = (written + 1, bytes + size);
        }
        return new ExportReport(written, blobs, bytes, missing);
    }

    // Null when it is not there, or not sound.
    private static long? TryAdd(TarWriter archive, string part, string name, Func<Stream?> open)
    {
        try
        {
            using var content = open();
            if (content is null)
                return null;
            archive.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{part}/{name[..2]}/{name}")
            {
                DataStream = content, Mode = ReadOnly, ModificationTime = DateTimeOffset.UnixEpoch,
            });
            return content.Length;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
