using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Configuration;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>The finished objects, where users take them: <c>target/bpf/VARIANT/PROBE.o</c>. Each appears by rename, whole or not at all.</summary>
internal sealed class ObjectDirectory(Settings settings, PassTools tools)
{
    /// <summary>Whether an object is in its place.</summary>
    public bool IsPlaced(string variant, string probe, Digest digest) => tools.Files.DigestOf(settings.ObjectOf(variant, probe)) == digest;

    /// <summary>Puts an object in its place; false when it was there already.</summary>
    /// <exception cref="LostBlobException">The object's blob is gone.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public bool Place(string variant, string probe, Digest digest)
    {
        var path = settings.ObjectOf(variant, probe);
        if (IsPlaced(variant, probe, digest))
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.Delete(temporary);
        if (!tools.Cache.Obtain(digest) || !tools.Blobs.TryCopy(digest, temporary, (UnixFileMode)0b110_100_100))
            throw new LostBlobException(digest);
        File.Move(temporary, path, overwrite: true);
        tools.Files.Wrote(path, digest);
        return true;
    }

    /// <summary>Removes the object of a probe that is no longer built.</summary>
    public void Delete(string variant, string probe)
    {
        try
        {
            File.Delete(settings.ObjectOf(variant, probe));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is stale either way; the next clean removes it.
        }
    }
}
