using System.CommandLine;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache path</c>: where the cache is, for scripts.</summary>
internal sealed class CachePathCommand
{
    public CachePathCommand(CommonOptions common)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        Command = new Command("path", "Print the directory of the cache.") { json }.WithExamples(
            ("bpfincr cache path", "for a script that keeps it between CI runs"));
        CacheCommand.SetAction(Command, (parsed, output, _) =>
        {
            var directory = CacheCommand.DirectoryOf(parsed, common);
            output.Line(parsed.GetValue(json) ? CacheJson.Of(new CachePathJson(directory)) : directory);
            return ExitCode.Success;
        });
    }

    public Command Command { get; }
}
