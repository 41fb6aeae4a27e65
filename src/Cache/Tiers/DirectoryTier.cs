using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Tiers;

/// <summary>
/// A directory that any number of machines read and write at the same moment, laid out as the local cache is:
/// <code>
/// v1/blobs/ab/abcdef…      content
/// v1/blobs/tmp/…           being written
/// v1/results/ab/abcdef…    action results
/// v1/quarantine/…          what somebody found damaged
/// </code>
/// It can be on any file system that has rename. There are no locks and no index: a file is written under another name,
/// flushed to the disk, since the machine that reads it next is another one, and then given its own. Everything is below
/// a directory that has to be there already: one that is missing is most likely a mount that is.
/// </summary>
/// <param name="root">Absolute path of the directory.</param>
/// <param name="isReadOnly">Whether it is not even noted there which results are used.</param>
public sealed class DirectoryTier(string root, bool isReadOnly = false) : ICacheTier
{
    // Only a mistake is as large.
    private const long LargestResult = 64 << 20;

    private static readonly FileStreamOptions NewReadOnlyFile = new()
    {
        Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
    };

    private readonly string _blobs = Path.Combine(root, "v1", "blobs");
    private readonly string _results = Path.Combine(root, "v1", "results");
    private readonly string _quarantine = Path.Combine(root, "v1", "quarantine");

    /// <inheritdoc/>
    public byte[]? ReadResult(Digest key)
    {
        var content = Read(PathOf(_results, key), LargestResult);
        if (content is not null && !isReadOnly)
            LastUse.Note(PathOf(_results, key));
        return content;
    }

    /// <inheritdoc/>
    public byte[]? ReadBlob(Digest digest) => Read(PathOf(_blobs, digest), digest.Size);

    /// <inheritdoc/>
    public bool HasBlob(Digest digest) => new FileInfo(PathOf(_blobs, digest)) is { Exists: true } file && file.Length == digest.Size;

    /// <inheritdoc/>
    public void WriteBlob(Digest digest, byte[] content)
    {
        if (!HasBlob(digest))
            Write(content, PathOf(_blobs, digest), (temporary, path) => File.Move(temporary, path, overwrite: true));
    }

    /// <inheritdoc/>
    public byte[]? AddResult(Digest key, byte[] content)
    {
        var isFirst = false;
        Write(content, PathOf(_results, key), (temporary, path) => isFirst = NewFile.TryName(temporary, path));
        return isFirst ? null : ReadResult(key);
    }

    /// <inheritdoc/>
    public void ReplaceResult(Digest key, byte[] content) =>
        Write(content, PathOf(_results, key), (temporary, path) => File.Move(temporary, path, overwrite: true));

    /// <inheritdoc/>
    public void RemoveResult(Digest key) => MoveToQuarantine(PathOf(_results, key));

    /// <inheritdoc/>
    public void RemoveBlob(Digest digest) => MoveToQuarantine(PathOf(_blobs, digest));

    private static string PathOf(string directory, Digest digest)
    {
        var hash = digest.Hash;
        return Path.Combine(directory, hash[..2], hash);
    }

    // What cannot be what was asked for is given as nothing at all, which cannot be it either.
    private byte[]? Read(string path, long largest)
    {
        // Whoever opens a pipe may wait for ever, and a directory or a device is no result either.
        if (Posix.StatX(path, out var found) && !found.IsRegularFile)
            return [];
        try
        {
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            var content = new byte[length > largest ? 0 : length];
            return RandomAccess.Read(file, content, 0) == content.Length ? content : [];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            RequireRoot();
            return null;
        }
    }

    private void Write(byte[] content, string path, Action<string, string> publish)
    {
        var temporary = Path.Combine(_blobs, "tmp", $"{Guid.NewGuid():n}");
        MakeDirectoryOf(temporary);
        MakeDirectoryOf(path);
        try
        {
            using (var file = new FileStream(temporary, NewReadOnlyFile))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            publish(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private void MoveToQuarantine(string path)
    {
        var place = Path.Combine(_quarantine, $"{Path.GetFileName(path)}.{Guid.NewGuid():n}");
        MakeDirectoryOf(place);
        try
        {
            // Unlike its name, this moves files as well.
            Directory.Move(path, place);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Somebody else was faster.
        }
    }

    private void MakeDirectoryOf(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (Directory.Exists(directory))
            return;
        RequireRoot();
        Directory.CreateDirectory(directory);
    }

    private void RequireRoot()
    {
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException("there is no such directory");
    }
}
