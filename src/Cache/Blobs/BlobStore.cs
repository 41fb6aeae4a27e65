using System.Collections.Concurrent;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Blobs;

/// <summary>
/// Content by digest, one file each:
/// <code>
/// blobs/ab/abcdef…        the content; read-only
/// blobs/tmp/…             being written; renamed into place when complete
/// quarantine/abcdef…      found damaged; kept for a look
/// </code>
/// A blob comes into being by rename, so that a reader sees all of it or nothing, whoever is killed when. Whatever
/// this process did not write itself is hashed before it is first used; what does not match its name is moved to
/// quarantine and is from then on simply not there.
/// </summary>
public sealed class BlobStore
{
    private readonly string _blobs;
    private readonly string _temporary;
    private readonly string _root;
    private readonly bool _readOnly;
    private readonly ConcurrentDictionary<Digest, bool> _verified = new();
    private readonly ConcurrentDictionary<Digest, bool> _damaged = new();

    /// <summary>Opens the store below a cache directory; directories are made when first needed.</summary>
    /// <param name="root">The versioned cache directory (<c>…/v1</c>).</param>
    /// <param name="damaged">Told of each blob that was found damaged.</param>
    /// <param name="readOnly">Whether a damaged blob is left where it is.</param>
    public BlobStore(string root, Action<Digest>? damaged = null, bool readOnly = false)
    {
        _readOnly = readOnly;
        _blobs = Path.Combine(root, "blobs");
        _temporary = Path.Combine(_blobs, "tmp");
        _root = root;
        Damaged = damaged ?? (_ => { });
    }

    private Action<Digest> Damaged { get; }

    /// <summary>Where the blob of <paramref name="digest"/> is, or would be.</summary>
    public string PathOf(Digest digest)
    {
        var hash = digest.Hash;
        return Path.Combine(_blobs, hash[..2], hash);
    }

    /// <summary>Whether the blob is there and undamaged. The first call for a blob reads it whole.</summary>
    public bool Contains(Digest digest)
    {
        if (_verified.ContainsKey(digest))
            return File.Exists(PathOf(digest));
        var path = PathOf(digest);
        try
        {
            var found = Digest.OfFile(path);
            if (found == digest)
                return _verified[digest] = true;
            // Sound, but not what was asked for: the size in the question is wrong.
            if (found.Hash == digest.Hash)
                return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Unreadable is as good as damaged: it is moved out of the way and made again.
        }
        MoveToQuarantine(digest, path);
        return false;
    }

    /// <summary>Whether the blob was found damaged.</summary>
    public bool WasDamaged(Digest digest) => _damaged.ContainsKey(digest);

    /// <summary>The content of a blob, checked; null when it is missing or damaged.</summary>
    public byte[]? TryRead(Digest digest)
    {
        try
        {
            return Contains(digest) ? File.ReadAllBytes(PathOf(digest)) : null;
        }
        catch (IOException)
        {
            // Collected since.
            return null;
        }
    }

    /// <summary>Stores <paramref name="content"/> and gives its digest.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public Digest Put(ReadOnlySpan<byte> content)
    {
        var digest = Digest.Of(content);
        Put(content, digest);
        return digest;
    }

    /// <summary>Stores content whose digest is known.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    internal void Put(ReadOnlySpan<byte> content, Digest digest)
    {
        if (IsStored(digest))
            return;
        var temporary = NewTemporary();
        NewFile.Write(temporary, content);
        Publish(temporary, digest);
    }

    /// <summary>Moves a file that belongs to the caller into the store and gives its digest.</summary>
    /// <exception cref="IOException">The file cannot be read, or the cache directory cannot be written.</exception>
    public Digest Adopt(string path)
    {
        var digest = Digest.OfFile(path);
        if (!IsStored(digest))
            Publish(path, digest);
        return digest;
    }

    /// <summary>A new directory on the store's file system, for files to be adopted from; the caller deletes it.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public string NewWorkDirectory() => Directory.CreateDirectory(NewTemporary()).FullName;

    /// <summary>Stores a copy of a file and gives its digest.</summary>
    /// <exception cref="IOException">The file cannot be read, or the cache directory cannot be written.</exception>
    public Digest PutFile(string path)
    {
        // The file is not ours and may change: what counts is what was copied.
        var temporary = NewTemporary();
        var digest = Digest.OfCopy(path, temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (IsStored(digest))
            File.Delete(temporary);
        else
            Publish(temporary, digest);
        return digest;
    }

    /// <summary>Stores what a stream has, if that is the content of <paramref name="digest"/>; false, and nothing is stored, if not.</summary>
    /// <exception cref="IOException">The stream cannot be read, or the cache directory cannot be written.</exception>
    public bool TryPut(Digest digest, Stream content)
    {
        var temporary = NewTemporary();
        try
        {
            var isSame = Digest.OfCopy(content, temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite) == digest;
            if (isSame)
                Publish(temporary, digest);
            return isSame;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Copies a blob to a new file, and checks it on the way; false, and no file, when it is missing or damaged.</summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="path">Where to; nothing may be there.</param>
    /// <param name="mode">The permissions of the copy.</param>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    public bool TryCopy(Digest digest, string path, UnixFileMode mode)
    {
        try
        {
            if (Digest.OfCopy(PathOf(digest), path, mode) == digest)
                return _verified[digest] = true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && !File.Exists(PathOf(digest)))
        {
            return false;
        }
        File.Delete(path);
        _verified.TryRemove(digest, out _);
        // Looked at once more, it goes to quarantine.
        _ = Contains(digest);
        return false;
    }

    // A result that names it follows: until then nothing but its last use says that it is needed.
    private bool IsStored(Digest digest)
    {
        if (!Contains(digest))
            return false;
        LastUse.Note(PathOf(digest));
        return true;
    }

    private string NewTemporary()
    {
        Directory.CreateDirectory(_temporary);
        return Path.Combine(_temporary, Guid.NewGuid().ToString("n"));
    }

    private void Publish(string temporary, Digest digest)
    {
        var path = PathOf(digest);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        _verified[digest] = true;
    }

    private void MoveToQuarantine(Digest digest, string path)
    {
        _damaged[digest] = true;
        Damaged(digest);
        if (!_readOnly)
            Quarantine.Take(_root, path);
    }
}
