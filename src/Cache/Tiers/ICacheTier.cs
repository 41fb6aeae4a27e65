using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Tiers;

/// <summary>
/// A place beside the local cache where action results and blobs are kept as bytes. It need not be trusted: whoever asks
/// it checks what it gives. A call may take as long as it likes, and fail with <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/>; calls come from many threads.
/// </summary>
public interface ICacheTier
{
    /// <summary>What is there under an action key; null when nothing is.</summary>
    byte[]? ReadResult(Digest key);

    /// <summary>What is there under a blob's name; null when nothing is.</summary>
    byte[]? ReadBlob(Digest digest);

    /// <summary>Whether there is a blob of that name and size.</summary>
    bool HasBlob(Digest digest);

    /// <summary>Stores a blob that is not there, or not whole.</summary>
    void WriteBlob(Digest digest, byte[] content);

    /// <summary>Stores a result, unless there is one.</summary>
    /// <returns>What is there already; null when the result was stored.</returns>
    byte[]? AddResult(Digest key, byte[] content);

    /// <summary>Stores a result, whatever was there.</summary>
    void ReplaceResult(Digest key, byte[] content);

    /// <summary>Puts out of the way what is there under an action key.</summary>
    void RemoveResult(Digest key);

    /// <summary>Puts out of the way what is there under a blob's name.</summary>
    void RemoveBlob(Digest digest);
}
