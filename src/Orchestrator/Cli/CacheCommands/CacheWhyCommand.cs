using System.CommandLine;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache why</c>: where an object comes from, told from nothing but its bytes.</summary>
internal sealed class CacheWhyCommand
{
    private readonly Argument<string> _file = new("file") { Description = "An object, wherever it lies and whatever it is called." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly CommonOptions _common;

    public CacheWhyCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("why", "Say how an object came to be, from its bytes: every step back to rustc, with what each read, which tools and options, when and how long.") { _file, _json }.WithExamples(
            ("bpfincr cache why target/bpf/modern/xdp-parse.o", "which sources, toolchain and options made it"),
            ("bpfincr cache why probe.o --json", "the same, for a program"));
        CacheCommand.SetAction(Command, Run);
    }

    public Command Command { get; }

    private ExitCode Run(ParseResult parsed, Output output, CancellationToken cancellation)
    {
        var path = parsed.GetValue(_file)!;
        if (FileTable.ReadFile(path) is not { Stamp.Exists: true, Digest: var digest })
        {
            output.Show(Diagnostic.Error("BPFI1062", $"{path} is no file that can be read"));
            return ExitCode.Usage;
        }
        var steps = Provenance.Of(CacheInventory.Take(CacheCommand.DirectoryOf(parsed, _common), cancellation), digest);
        if (steps.IsEmpty)
        {
            output.Show(Diagnostic.Error(
                "BPFI1061", $"no result in the cache gave {path} ({digest.Hash})",
                "it was made by something else or in another cache, was changed since, or its result was collected"));
            return ExitCode.Failed;
        }
        if (parsed.GetValue(_json))
            output.Line(CacheJson.Of(ProvenanceJson.Of(digest, steps)));
        else
            ProvenanceText.Write(output, digest, steps);
        return ExitCode.Success;
    }
}
