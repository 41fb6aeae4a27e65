using System.Security.Cryptography;
using BpfIncr.Cache.Actions;

namespace BpfIncr.Cache.Signing;

/// <summary>A private key. Whoever has it says of results that they made them.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _lock = new();

    private SigningKey(ECDsa key) => (_key, Public) = (key, PublicKey.Of(key));

    /// <summary>What others check its signatures with.</summary>
    public PublicKey Public { get; }

    /// <summary>A new key.</summary>
    public static SigningKey Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key in PEM: PKCS#8, or what <c>openssl ecparam</c> writes.</summary>
    /// <exception cref="FormatException">It is no such key.</exception>
    public static SigningKey Parse(string pem) => pem.Contains("PRIVATE KEY", StringComparison.Ordinal)
        ? new SigningKey(P256.Read(k => k.ImportFromPem(pem)))
        : throw new FormatException("it is no private key in PEM");

    /// <summary>The key as <see cref="Parse"/> reads it.</summary>
    public string ToPem() => $"{_key.ExportPkcs8PrivateKeyPem()}\n";

    /// <summary>Its public half in PEM.</summary>
    public string ToPublicPem() => $"{_key.ExportSubjectPublicKeyInfoPem()}\n";

    /// <summary>The result, signed. What is signed already stays as it is.</summary>
    public StepResult Sign(StepResult result) => result.IsSigned ? result : ResultFile.Sign(result, this);

    internal byte[] Sign(byte[] content)
    {
        lock (_lock)
            return _key.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
