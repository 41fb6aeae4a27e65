using System.CommandLine;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary>Everything that the cache has of probes as they are now, for commands that keep it or take it elsewhere.</summary>
internal static class ProbeResults
{
    /// <summary>Hashes of the keys of all results that a build of the probes finds; null after saying why there are none.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="common">Its common options.</param>
    /// <param name="probes">Names of probes; none for all.</param>
    /// <param name="inventory">What the cache has.</param>
    /// <param name="output">Where complaints go.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<(IReadOnlySet<string>? Keys, ExitCode Failure)> FindAsync(
        ParseResult parsed, CommonOptions common, IEnumerable<string> probes, CacheInventory inventory, Output output, CancellationToken cancellation)
    {
        using var session = common.Open(parsed, output, out var failure, readOnly: true);
        if (session is null)
            return (null, failure);
        await using var programs = new InstalledPrograms(Session.Program, readOnly: true);
        var request = new PassRequest(BuildOptions.Names(probes), [], 1, KeepGoing: false);
        return await new Inquiry(session, request, programs).StoredAsync(inventory, cancellation);
    }
}
