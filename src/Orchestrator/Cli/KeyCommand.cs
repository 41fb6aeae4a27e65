using System.CommandLine;
using System.Text.Json.Serialization;
using BpfIncr.Cache.Signing;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr key</c>: makes and shows the keys that results in shared caches are signed with.</summary>
internal sealed class KeyCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly Argument<string> _new = new("file") { Description = "Where the private key goes; the public key goes beside it, with .pub at the end." };
    private readonly Argument<string> _existing = new("file") { Description = "A private or a public key, in PEM." };

    public KeyCommand()
    {
        var generate = new Command("generate", "Make a key, for instance of the CI that fills a shared cache.") { _new, _json }.WithExamples(
            ("bpfincr key generate ci.key", "ci.key is for who signs, ci.key.pub for bpfincr.json"));
        generate.SetAction(Generate);
        var show = new Command("show", "Show the name of a key, and its public half on one line.") { _existing, _json }.WithExamples(
            ("bpfincr key show ci.key.pub", "what to look for in a warning, and what to put into bpfincr.json"));
        show.SetAction(Show);
        Command = new Command("key", "Make and show keys that sign results in shared caches.") { generate, show }.WithExamples(
            ("bpfincr key generate ci.key", "make one"),
            ("bpfincr key show ci.key.pub", "show which one it is"));
    }

    public Command Command { get; }

    private int Generate(ParseResult parsed)
    {
        var output = new Output();
        var file = Path.GetFullPath(parsed.GetValue(_new)!);
        var publicFile = $"{file}.pub";
        // Nobody has a second copy of a key that is overwritten.
        if (((string[])[file, publicFile]).FirstOrDefault(Path.Exists) is { } taken)
        {
            output.Show(Diagnostic.Error("BPFI1063", $"{taken} is there already", "name a key that is not, or remove it"));
            return (int)ExitCode.Usage;
        }
        using var key = SigningKey.Generate();
        try
        {
            Write(file, key.ToPem(), OwnerOnly);
            Write(publicFile, key.ToPublicPem(), OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Show(Diagnostic.Error("BPFI1063", $"the key cannot be written: {e.Message}"));
            return (int)ExitCode.Usage;
        }
        Write(output, parsed, new KeyJson(key.Public.Id, key.Public.Text, file, publicFile));
        return (int)ExitCode.Success;
    }

    private int Show(ParseResult parsed)
    {
        var output = new Output();
        var file = Path.GetFullPath(parsed.GetValue(_existing)!);
        var (key, error) = Read(file);
        if (key is null)
        {
            output.Show(error!);
            return (int)ExitCode.Usage;
        }
        Write(output, parsed, new KeyJson(key.Id, key.Text, null, null));
        return (int)ExitCode.Success;
    }

    private static (PublicKey? Key, Diagnostic? Error) Read(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            if (!text.Contains("PRIVATE KEY", StringComparison.Ordinal))
                return (PublicKey.Parse(text), null);
            var (key, error) = SigningKeySource.Read(file);
            using (key)
                return (key?.Public, error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return (null, Diagnostic.Error("BPFI1064", $"{file} is no key: {e.Message}"));
        }
    }

    private void Write(Output output, ParseResult parsed, KeyJson key)
    {
        if (parsed.GetValue(_json))
        {
            output.Line(JsonText.Of(key, KeyJsonContext.Default.KeyJson));
            return;
        }
        output.Line($"key      {key.Id}");
        output.Line($"public   {key.PublicKey}");
        if (key.PrivateKeyFile is not null)
        {
            output.Line($"private  {key.PrivateKeyFile}: {SigningKeySource.FileVariable} names it for those who sign, and nobody else can read it");
            output.Line($"         {key.PublicKeyFile}: name it as one of the \"signers\" in bpfincr.json");
        }
    }

    private static void Write(string path, string text, UnixFileMode mode)
    {
        using var file = new StreamWriter(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        file.Write(text);
    }
}

/// <summary>A key.</summary>
/// <param name="Id">What people call it.</param>
/// <param name="PublicKey">Its public half, as a configuration can have it.</param>
/// <param name="PrivateKeyFile">Where its private half was written; null when nothing was.</param>
/// <param name="PublicKeyFile">Where its public half was written; null when nothing was.</param>
internal sealed record KeyJson(string Id, string PublicKey, string? PrivateKeyFile, string? PublicKeyFile);

[JsonSerializable(typeof(KeyJson))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class KeyJsonContext : JsonSerializerContext;
