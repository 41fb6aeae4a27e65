using System.CommandLine;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache export</c>: one file with all that a build needs, for machines that have no cache to share.</summary>
internal sealed class CacheExportCommand
{
    private readonly Argument<string> _file = new("file") { Description = "The bundle to write: a gzip-compressed tar archive." };
    private readonly Option<string[]> _for = new("--for") { Description = "Only what builds of these probes need, as they are now; without it, everything.", HelpName = "probe", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly CommonOptions _common;

    public CacheExportCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("export", "Write results and blobs into one file, for a machine that shares no cache.") { _file, _for, _json }.WithExamples(
            ("bpfincr cache export cache.tar.gz", "everything"),
            ("bpfincr cache export cache.tar.gz --for xdp-parse tc-mark", "what a build of two probes needs"));
        _file.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
                result.AddError("a bundle needs a name");
        });
        CacheCommand.SetAction(Command, RunAsync);
    }

    public Command Command { get; }

    private async Task<ExitCode> RunAsync(ParseResult parsed, Output output, CancellationToken cancellation)
    {
        var directory = CacheCommand.DirectoryOf(parsed, _common);
        var inventory = CacheInventory.Take(directory, cancellation);
        IEnumerable<StoredResult> results = inventory.Results;
        if (parsed.GetValue(_for) is { Length: > 0 } probes)
        {
            var (keys, failure) = await ProbeResults.FindAsync(parsed, _common, probes, inventory, output, cancellation);
            if (keys is null)
                return failure;
            results = results.Where(r => keys.Contains(r.File.Name));
        }
        if (inventory.Results.IsEmpty)
        {
            output.Show(Diagnostic.Error("BPFI1056", $"the cache {directory} has no result", "build first"));
            return ExitCode.Failed;
        }
        if (Path.GetDirectoryName(Path.GetFullPath(parsed.GetValue(_file)!)) is not { } target || !Directory.Exists(target))
        {
            output.Show(Diagnostic.Error("BPFI1063", $"{parsed.GetValue(_file)} cannot be written: there is no such directory"));
            return ExitCode.Usage;
        }
        var (file, report) = (Path.GetFullPath(parsed.GetValue(_file)!), Write(parsed.GetValue(_file)!, directory, results, cancellation));
        if (parsed.GetValue(_json))
            output.Line(CacheJson.Of(new ExportJson(file, report.Results, report.Blobs, report.Bytes, new FileInfo(file).Length, report.Missing)));
        else
            Show(output, file, report);
        return ExitCode.Success;
    }

    // Under its name there is a whole bundle or none.
    private static ExportReport Write(string path, string directory, IEnumerable<StoredResult> results, CancellationToken cancellation)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            ExportReport report;
            using (var file = File.Create(temporary))
                report = CacheBundle.Write(directory, results, file, cancellation);
            File.Move(temporary, path, overwrite: true);
            return report;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Show(Output output, string file, ExportReport report)
    {
        output.Line(
            $"{file}: {QuantityText.Count(report.Results, "result")} and {QuantityText.Count(report.Blobs, "blob")}," +
            $" {QuantityText.Size(report.Bytes)} in {QuantityText.Size(new FileInfo(file).Length)}");
        if (report.Missing > 0)
            output.Line($"{QuantityText.Count(report.Missing, "output")} of these results are not in the cache: a build that needs one takes it from a shared cache, or makes it again");
    }
}
