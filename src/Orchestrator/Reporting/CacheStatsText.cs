using System.Globalization;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Maintenance;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What is in a cache, and what it saved, in words.</summary>
internal static class CacheStatsText
{
    /// <summary>Prints it.</summary>
    public static void Write(Output output, string directory, CacheStatistics statistics, IReadOnlyList<UseCount> uses)
    {
        output.Line(directory);
        output.Line($"{QuantityText.Size(statistics.Space)} on disk: {QuantityText.Count(statistics.Results, "result")}, {QuantityText.Count(statistics.Blobs, "blob")}");
        if (statistics is { Oldest: { } oldest, Newest: { } newest })
            output.Line($"last used between {QuantityText.Moment(oldest)} and {QuantityText.Moment(newest)} UTC");
        if (statistics.Kinds.IsEmpty)
            return;
        output.Line();
        output.Line($"{"kind",-20} {"files",7} {"on disk",11}");
        foreach (var kind in statistics.Kinds)
            output.Line($"{kind.Kind,-20} {kind.Files,7} {QuantityText.Size(kind.Space),11}");
        if (uses.Count > 0)
            Write(output, uses);
    }

    private static void Write(Output output, IReadOnlyList<UseCount> uses)
    {
        output.Line();
        output.Line($"builds on this machine since {QuantityText.Moment(uses.Min(u => u.Since))} UTC");
        output.Line($"{"stage",-10} {"tier",-9} {"found",7} {"time saved",12} {"ran",7} {"time spent",12}");
        foreach (var use in uses)
            output.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{use.Stage,-10} {use.Tier,-9} {use.Hits,7} {StepText.Time(use.Saved),12} {use.Runs,7} {StepText.Time(use.Spent),12}"));
    }
}
