using BpfIncr.Cache.Signing;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>Where the key is that signs what is built: in the environment, or in a file that the environment names.</summary>
internal static class SigningKeySource
{
    /// <summary>The variable that holds the key itself.</summary>
    public const string Variable = "BPFINCR_SIGNING_KEY";

    /// <summary>The variable that names its file.</summary>
    public const string FileVariable = "BPFINCR_SIGNING_KEY_FILE";

    /// <summary>Takes the key out of the environment, so that nothing that this process starts finds it there; null when there is none.</summary>
    public static (SigningKey? Key, Diagnostic? Error) Take()
    {
        var (text, file) = (Secrets.TakeVariable(Variable), Secrets.TakeVariable(FileVariable));
        if (text is null && file is null)
            return (null, null);
        if (text is not null && file is not null)
            return (null, Wrong($"both {Variable} and {FileVariable} are set", "set one of them"));
        Secrets.HideMemory();
        return file is not null ? Read(file) : Parse(text!, $"what {Variable} holds");
    }

    /// <summary>Reads a private key from a file that is nobody else's.</summary>
    public static (SigningKey? Key, Diagnostic? Error) Read(string file)
    {
        if (Secrets.IsExposed(file))
            return (null, Wrong($"the signing key {file} is open to others", $"chmod 600 {file}"));
        try
        {
            return Parse(File.ReadAllText(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, Wrong($"the signing key {file} cannot be read: {e.Message}", null));
        }
    }

    private static (SigningKey? Key, Diagnostic? Error) Parse(string text, string place)
    {
        try
        {
            return (SigningKey.Parse(text), null);
        }
        catch (FormatException e)
        {
            return (null, Wrong($"{place} is no signing key: {e.Message}", "bpfincr key generate makes one"));
        }
    }

    private static Diagnostic Wrong(string message, string? hint) => Diagnostic.Error("BPFI1064", message, hint);
}
