using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Actions;

internal static class ProtoDigests
{
    public static Proto.Digest ToProto(this Digest digest) => new() { Hash = digest.Hash, SizeBytes = digest.Size };

    /// <summary>False when the message holds no well-formed SHA-256: a damaged or foreign record.</summary>
    public static bool TryToDigest(this Proto.Digest? message, out Digest digest)
    {
        digest = default;
        return message is not null && Digest.TryParse(message.Hash, message.SizeBytes, out digest);
    }
}
