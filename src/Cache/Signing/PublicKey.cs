using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace BpfIncr.Cache.Signing;

/// <summary>The public half of a signing key: what signatures are checked with.</summary>
public sealed class PublicKey
{
    // One object of .NET's is for one thread at a time.
    private readonly ConcurrentBag<ECDsa> _idle = [];
    private readonly byte[] _encoded;

    private PublicKey(byte[] encoded)
    {
        _encoded = encoded;
        IdBytes = SHA256.HashData(encoded)[..ResultSignature.IdLength];
    }

    /// <summary>What people call it: the beginning of the SHA-256 of what <see cref="Text"/> stands for.</summary>
    public string Id => Convert.ToHexStringLower(IdBytes);

    /// <summary>The key on one line: its <c>SubjectPublicKeyInfo</c> in base64, which is what PEM has between its first line and its last.</summary>
    public string Text => Convert.ToBase64String(_encoded);

    internal byte[] IdBytes { get; }

    /// <summary>Reads a key: PEM, or <see cref="Text"/>.</summary>
    /// <exception cref="FormatException">It is no such key.</exception>
    public static PublicKey Parse(string text)
    {
        if (text.Contains("PRIVATE KEY", StringComparison.Ordinal))
            throw new FormatException("it is a private key, which is for those who sign and nobody else");
        using var key = P256.Read(k =>
        {
            if (text.Contains("-----", StringComparison.Ordinal))
                k.ImportFromPem(text);
            else
                k.ImportSubjectPublicKeyInfo(FromBase64(text), out _);
        });
        return Of(key);
    }

    internal static PublicKey Of(ECDsa key) => new(key.ExportSubjectPublicKeyInfo());

    internal bool HasSigned(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        var key = _idle.TryTake(out var idle) ? idle : P256.Read(k => k.ImportSubjectPublicKeyInfo(_encoded, out _));
        var isSigned = key.VerifyData(content, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        _idle.Add(key);
        return isSigned;
    }

    // No text is an exception of its own kind here.
    private static byte[] FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var length) ? bytes[..length] : [];
    }
}
