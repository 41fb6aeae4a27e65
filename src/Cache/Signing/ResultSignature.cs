namespace BpfIncr.Cache.Signing;

/// <summary>
/// A signature as it stands in a result's file, behind the payload:
/// <code>
/// 3 bytes    tag and length of a protobuf field that no ActionResult has: who reads the message goes over it
/// 8 bytes    which key: the beginning of the SHA-256 of its public half
/// 64 bytes   ECDSA with SHA-256 over the payload: r, s
/// </code>
/// </summary>
internal static class ResultSignature
{
    /// <summary>How many bytes say which key it was.</summary>
    public const int IdLength = 8;

    private const int SignatureLength = 64;

    // Field 1000, with a length; then the length.
    private static ReadOnlySpan<byte> Head => [0xc2, 0x3e, IdLength + SignatureLength];

    private static int Length => Head.Length + IdLength + SignatureLength;

    /// <summary>What follows a payload that a key signs.</summary>
    public static byte[] Of(byte[] payload, SigningKey key) => [.. Head, .. key.Public.IdBytes, .. key.Sign(payload)];

    /// <summary>Takes apart what has a signature at its end; false when there is none.</summary>
    /// <param name="content">A payload, and perhaps a signature.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="id">Which key is said to have signed it.</param>
    /// <param name="signature">What is said to be its signature.</param>
    public static bool TrySplit(ReadOnlySpan<byte> content, out ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> id, out ReadOnlySpan<byte> signature)
    {
        var isSigned = content.Length >= Length && content[^Length..].StartsWith(Head);
        payload = isSigned ? content[..^Length] : content;
        id = isSigned ? content[^(IdLength + SignatureLength)..^SignatureLength] : [];
        signature = isSigned ? content[^SignatureLength..] : [];
        return isSigned;
    }
}
