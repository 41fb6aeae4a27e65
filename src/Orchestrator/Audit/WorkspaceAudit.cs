using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>What an audit found.</summary>
/// <param name="Probes">The probes, by name.</param>
/// <param name="Crates">The crates below them that are not what the cache has, as far as that begins with them.</param>
/// <param name="Reads">What was read, listed or looked for and is known to no key; null when nobody looked.</param>
internal sealed record AuditReport(ImmutableArray<ProbeComparison> Probes, ImmutableArray<Difference> Crates, ImmutableArray<UnknownReads>? Reads)
{
    /// <summary>Whether there is nothing to complain of.</summary>
    public bool IsClean => Probes.All(p => p.IsSame) && Crates.IsEmpty && Reads is not { IsEmpty: false };
}

/// <summary>
/// Builds probes again from nothing (a copy of their sources in another directory, an empty cache, a target directory of its
/// own) and compares what each step gives with what the cache has of it.
/// </summary>
/// <param name="snapshot">What there is.</param>
/// <param name="tools">The caches that are compared with.</param>
/// <param name="request">Which probes and variants.</param>
internal sealed class WorkspaceAudit(Snapshot snapshot, PassTools tools, PassRequest request)
{
    private readonly ImmutableArray<Probe> _probes = [.. snapshot.Asked(request)];
    private readonly Dictionary<string, IReadOnlyDictionary<StepId, StepResult>> _recorded = new(StringComparer.Ordinal);

    /// <summary>Looks up what the cache has of the probes as they are now. Gives the first step that it has nothing of; null when it has all.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<StepId?> RecallAsync(CancellationToken cancellation)
    {
        foreach (var probe in _probes)
        {
            var (results, missing) = await new StoredSteps(snapshot, probe, tools, Find).FindAsync(snapshot.VariantsOf(probe.Name, request), cancellation);
            if (missing is not null)
                return missing;
            _recorded[probe.Name] = results;
        }
        return null;
    }

    /// <summary>The sources of the probes in another place.</summary>
    /// <exception cref="IOException">They cannot be copied.</exception>
    public SourceCopy CopySources()
    {
        var known = _probes.SelectMany(p => snapshot.Actions.WeakInputs(p)
            .Concat(PathSet.Of(_recorded[p.Name][new(Stage.Rustc, p.Name)].Action).Files.Select(f => Path.GetFullPath(f, p.Unit.Workspace.Root))));
        return SourceCopy.Of(snapshot, known.Distinct(StringComparer.Ordinal), Path.GetDirectoryName(tools.Results.Root)!);
    }

    /// <summary>Builds again and compares. Gives what was found; or why nothing could be built.</summary>
    /// <param name="copy">The sources in another place.</param>
    /// <param name="programs">Who compiles them.</param>
    /// <param name="trace">What notes which files are read; null when nobody asks.</param>
    /// <param name="lines">How many lines of a difference are shown.</param>
    /// <param name="observer">Told what is going on.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<(AuditReport? Report, ImmutableArray<Diagnostic> Errors)> RunAsync(
        SourceCopy copy, IPrograms programs, TracedPrograms? trace, int lines, IPassObserver observer, CancellationToken cancellation)
    {
        using var rebuild = new Rebuild(copy, snapshot.Toolchain.Toolchain, trace ?? programs, tools.Program);
        var (again, made, errors) = await rebuild.RunAsync(request, observer, cancellation);
        if (again is null || made is null || !errors.IsEmpty)
            return (null, errors);
        var diff = new OutputDiff(tools, made, copy.NewDirectory("texts"), lines);
        var probes = ImmutableArray.CreateBuilder<ProbeComparison>();
        foreach (var probe in again.Asked(request))
        {
            var variants = again.VariantsOf(probe.Name, request);
            var (results, missing) = await new StoredSteps(again, probe, made, made.Results.TryGet).FindAsync(variants, cancellation);
            var comparison = ProbeComparison.Of(probe.Name, variants, _recorded[probe.Name], results, missing, d => again.Actions.TextOf(d) ?? TextOf(d));
            var shown = ImmutableArray.CreateBuilder<Difference>();
            foreach (var difference in comparison.Differences)
                shown.Add(await diff.ShowAsync(difference, cancellation));
            probes.Add(comparison with { Differences = shown.ToImmutable() });
        }
        var reads = trace is null ? (ImmutableArray<UnknownReads>?)null : [.. new Hermeticity(again, request, copy, trace, made.Files).Find(cancellation)];
        return (new AuditReport(probes.ToImmutable(), [.. CratesOf(made, cancellation)], reads), []);
    }

    private IEnumerable<Difference> CratesOf(PassTools made, CancellationToken cancellation)
    {
        var rebuilt = CacheInventory.Take(made.Results.Root, cancellation).Results.Where(r => r.Kind == CrateActions.Stage).Select(r => r.Read()).OfType<StepResult>();
        var recorded = new Lazy<IReadOnlyList<StepResult>>(() =>
            StoredCrates.Of(_probes, snapshot, tools.Files, CacheInventory.Take(tools.Results.Root, cancellation)));
        return CrateComparison.Of(rebuilt, a => Find(a.Key), recorded);
    }

    private StepResult? Find(Digest key) => tools.Cache.TryGet(key)?.Result;

    private string? TextOf(Digest digest) =>
        snapshot.Actions.TextOf(digest) ?? (tools.Cache.TryRead(digest) is { } content ? Encoding.UTF8.GetString(content) : null);
}
