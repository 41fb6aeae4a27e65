using System.CommandLine;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache import</c>: puts what is in a bundle into the cache.</summary>
internal sealed class CacheImportCommand
{
    private readonly Argument<string> _file = new("file") { Description = "A bundle that cache export wrote." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly SignerOption _signers;
    private readonly CommonOptions _common;

    public CacheImportCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("import", "Put what is in a bundle into the cache; every digest in it is checked.") { _file, _json }.WithExamples(
            ("bpfincr cache import cache.tar.gz", "builds find what is in it from now on"),
            ("bpfincr cache import cache.tar.gz --signer ci.key.pub", "the same, if CI has signed all of it"));
        _signers = new SignerOption(Command, "Take nothing but what one of these has signed: the file of a public key, or the key itself.");
        CacheCommand.SetAction(Command, Run);
    }

    public Command Command { get; }

    private ExitCode Run(ParseResult parsed, Output output, CancellationToken cancellation)
    {
        var path = parsed.GetValue(_file)!;
        if (!File.Exists(path))
        {
            output.Show(Diagnostic.Error("BPFI1058", $"there is no bundle {path}"));
            return ExitCode.Usage;
        }
        if (_signers.Read(parsed, output) is not { } signers)
            return ExitCode.Usage;
        try
        {
            using var file = File.OpenRead(path);
            var report = BundleReader.Read(CacheCommand.DirectoryOf(parsed, _common), file, signers, cancellation);
            output.Line(parsed.GetValue(_json)
                ? CacheJson.Of(new ImportJson(report.Results, report.Blobs, report.Known, report.Bytes))
                : $"imported {QuantityText.Count(report.Results, "result")} and {QuantityText.Count(report.Blobs, "blob")}; {report.Known} were there already");
            return ExitCode.Success;
        }
        catch (BundleException e)
        {
            output.Show(Diagnostic.Error(
                "BPFI1059", $"{path} is no bundle, or not as it has to be: {e.Message}", "export it again; what came before that is in the cache and in order"));
            return ExitCode.Failed;
        }
    }
}
