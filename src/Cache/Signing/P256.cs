using System.Security.Cryptography;

namespace BpfIncr.Cache.Signing;

/// <summary>Reads keys on the curve P-256, the only ones that are used here.</summary>
internal static class P256
{
    private const string Oid = "1.2.840.10045.3.1.7";

    /// <summary>Reads a key.</summary>
    /// <param name="import">Gives the key its content.</param>
    /// <exception cref="FormatException">It is no such key.</exception>
    public static ECDsa Read(Action<ECDsa> import)
    {
        var key = ECDsa.Create();
        try
        {
            import(key);
            return key.ExportParameters(includePrivateParameters: false).Curve.Oid?.Value == Oid
                ? key
                : throw new FormatException("it is not on the curve P-256");
        }
        catch (Exception e)
        {
            key.Dispose();
            if (e is ArgumentException or CryptographicException or PlatformNotSupportedException)
                throw new FormatException("it is no key on the curve P-256 in PEM, or it has a password", e);
            throw;
        }
    }
}
