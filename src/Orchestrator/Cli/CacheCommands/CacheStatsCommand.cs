using System.CommandLine;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache stats</c>: what is in the cache, what takes the space, and what it saved on this machine.</summary>
internal sealed class CacheStatsCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly CommonOptions _common;

    public CacheStatsCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("stats", "Show what is in the cache, what takes the space, and what it saved.") { _json }.WithExamples(
            ("bpfincr cache stats", "of the cache that builds use"),
            ("bpfincr cache stats --json", "the same, for a program"),
            ("bpfincr cache stats --cache-dir /mnt/ci-cache", "of another one"));
        CacheCommand.SetAction(Command, Run);
    }

    public Command Command { get; }

    private ExitCode Run(ParseResult parsed, Output output, CancellationToken cancellation)
    {
        var directory = CacheCommand.DirectoryOf(parsed, _common);
        var statistics = CacheStatistics.Of(CacheInventory.Take(directory, cancellation));
        var uses = Uses(directory, output);
        if (parsed.GetValue(_json))
            output.Line(CacheJson.Of(CacheStatsJson.Of(directory, statistics, uses)));
        else
            CacheStatsText.Write(output, directory, statistics, uses);
        return ExitCode.Success;
    }

    // A shared directory has no index: what was found in it is counted where it was used.
    private static IReadOnlyList<UseCount> Uses(string directory, Output output)
    {
        if (!File.Exists(Session.IndexIn(directory)))
            return [];
        using var index = Session.OpenIndex(directory, output, readOnly: true);
        return index.Uses();
    }
}
