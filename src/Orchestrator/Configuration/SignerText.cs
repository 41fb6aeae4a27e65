using BpfIncr.Cache.Signing;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>How people name somebody who signs results: by the file of a public key, or by the key itself.</summary>
internal static class SignerText
{
    /// <summary>What to do about one that is none.</summary>
    public const string Hint = "name the file of a public key, or the key itself as bpfincr key show prints it";

    // Every public key on this curve begins like this in base64, and hardly any path does.
    private const string KeyBegin = "MFkwEwYHKoZIzj0";

    /// <summary>The key; null, and why, when there is none.</summary>
    /// <param name="named">What somebody wrote.</param>
    /// <param name="directory">Where relative paths start.</param>
    public static (PublicKey? Key, string Why) Read(string named, string directory)
    {
        try
        {
            var text = named.StartsWith(KeyBegin, StringComparison.Ordinal) ? named : File.ReadAllText(Path.GetFullPath(named, directory));
            return (PublicKey.Parse(text), "");
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            return (null, $"\"{named}\" is no signer: {e.Message}");
        }
    }
}
