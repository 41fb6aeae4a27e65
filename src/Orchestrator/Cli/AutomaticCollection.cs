using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>
/// Keeps the cache to its limits without anyone asking: after a build that wrote into it, at most once a day, and for a moment only.
/// </summary>
internal static class AutomaticCollection
{
    private static readonly TimeSpan Pause = TimeSpan.FromDays(1), Patience = TimeSpan.FromSeconds(2);

    /// <summary>Collects when it is time to.</summary>
    /// <param name="cache">The versioned cache directory.</param>
    /// <param name="limits">How much may stay.</param>
    /// <param name="output">Where complaints go.</param>
    public static void AfterBuild(string cache, CacheLimits limits, Output output)
    {
        try
        {
            var last = CollectionReport.LastIn(cache);
            if (DateTime.UtcNow - last < Pause)
                return;
            // Said beforehand: another build that ends at this moment has nothing to do then.
            CollectionReport.SetLast(cache);
            // A cache of which nothing is known is most likely a new one.
            if (last is null)
                return;
            using var patience = new CancellationTokenSource(Patience);
            CollectionReport.Run(cache, limits, CollectionReport.Grace, dryRun: false, patience.Token);
        }
        catch (OperationCanceledException)
        {
            output.Warn(Diagnostic.Warning("BPFI1055", "the cache is too large to be collected after a build", "run bpfincr cache gc when there is time for it"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is tried again tomorrow; the build is done.
        }
    }
}
