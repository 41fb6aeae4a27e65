using System.Collections.Immutable;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>What one unit uses that no key knows.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Probes">The names of the probes that need it.</param>
/// <param name="Files">What it did with which files; their names as the configuration would write them.</param>
internal sealed record UnknownReads(TracedUnit Unit, ImmutableArray<string> Probes, ImmutableArray<(FileUse Use, string Name)> Files);

/// <summary>Finds what build scripts, proc macros and rustc read, list and look for besides what keys know.</summary>
/// <param name="snapshot">What was built.</param>
/// <param name="request">Which probes.</param>
/// <param name="copy">Where it was built.</param>
/// <param name="trace">Who traced it.</param>
/// <param name="files">What is in directories.</param>
internal sealed class Hermeticity(Snapshot snapshot, PassRequest request, SourceCopy copy, TracedPrograms trace, FileTable files)
{
    private readonly string _directory = copy.OriginalOf(snapshot.Settings.Directory);

    /// <summary>The units that use something unknown, by what they are called.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<UnknownReads> Find(CancellationToken cancellation)
    {
        var found = new List<(TracedUnit Unit, FileUse Use, string Name)>();
        foreach (var call in trace.Calls)
        {
            cancellation.ThrowIfCancellationRequested();
            var unit = snapshot.Probes.First(p => p.Unit.TargetDirectory == call.Request.TargetDirectory).Unit;
            found.AddRange(UnknownIn(FileTrace.Read(call.Directory), new TracedUnits(unit, snapshot.Toolchain.Toolchain.Rustc), new KnownFiles(snapshot, copy, files, unit, call)));
        }
        return found.GroupBy(f => f.Unit.Subject).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new UnknownReads(
            g.First().Unit,
            [.. snapshot.Asked(request).Where(g.First().Unit.IsNeededBy).Select(p => p.Name)],
            [.. g.Select(f => (f.Use, f.Name)).Distinct().OrderBy(f => f.Use).ThenBy(f => f.Name, StringComparer.Ordinal)]));
    }

    private IEnumerable<(TracedUnit, FileUse, string)> UnknownIn(IReadOnlyList<FileEvent> events, TracedUnits units, KnownFiles known)
    {
        var made = events.Where(e => e.Use == FileUse.Made).GroupBy(e => e.RealPath, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Min(e => e.Time), StringComparer.Ordinal);
        foreach (var used in events.Where(e => e.Use != FileUse.Made))
            if (units.Of(used.Program) is { } unit && Matters(used, unit, units) && !WasMade(used, made) && !known.Has(unit, used))
                yield return (unit, used.Use, NameOf(used.Path));
    }

    private bool Matters(FileEvent used, TracedUnit unit, TracedUnits units)
    {
        var (isSource, isLinker) = (copy.IsSource(used.RealPath) || copy.IsSource(used.Path), units.IsLinker(used.Program));
        return used.Use switch
        {
            // A module may be in either of two files; with both, it is an error. Whatever else is not there on the machine is legion.
            FileUse.Missed => isSource && !isLinker && (unit.IsBuildScript || !used.Path.EndsWith(".rs", StringComparison.Ordinal)),
            FileUse.Read => (isSource || !isLinker) && !Directory.Exists(used.RealPath),
            _ => !isLinker,
        };
    }

    // By one of the programs of the build, or in a directory that one of them had made.
    private static bool WasMade(FileEvent used, Dictionary<string, long> made)
    {
        for (var path = used.RealPath; path is not null; path = Path.GetDirectoryName(path))
            if (made.TryGetValue(path, out var time) && time < used.Time)
                return true;
        return false;
    }

    private string NameOf(string path) => PathSet.NameOf(copy.OriginalOf(path), _directory);
}
