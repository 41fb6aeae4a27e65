using System.Collections.Immutable;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>What commands that build nothing want to know of probes as they are now.</summary>
internal sealed class Inquiry(Session session, PassRequest request, IPrograms programs)
{
    private readonly FreshLook _look = new(session, request, programs);

    /// <summary>The names of the probes that changes since a git revision can change; null, after saying why, when that cannot be told.</summary>
    public IReadOnlyList<string>? Affected(string revision, out ExitCode failure)
    {
        var (snapshot, files) = _look.Take(null, out failure);
        if (snapshot is null)
            return null;
        var (changes, error) = GitChanges.Since(session.Directory, revision);
        if (changes is null)
        {
            failure = ExitCode.Usage;
            session.Output.Show(error!);
            return null;
        }
        return [.. new AffectedProbes(snapshot, request, _look.Tools(snapshot, files), changes).Find().Select(p => p.Name)];
    }

    /// <summary>What is remembered of the one probe that is asked for, and what would happen to it; null, after saying why, when there is no such probe.</summary>
    /// <param name="upToDate">Whether a build of everything has nothing to do, and would not look at this probe either.</param>
    /// <param name="observer">Told of nothing.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<(Explanation? Explanation, ExitCode Failure)> ExplainAsync(bool upToDate, IPassObserver observer, CancellationToken cancellation)
    {
        var (snapshot, files) = _look.Take(null, out var failure);
        if (snapshot is null)
            return (null, failure);
        var driver = Driver.Load(session.Workspace, session.Index, request.Probes);
        ImmutableArray<PredictedStep> next =
            upToDate ? [] : await driver.PredictAsync(snapshot, request, _look.Tools(snapshot, files), observer, cancellation);
        var probe = request.Probes.Single();
        return (Explanation.Read(session.Index, session.Workspace, probe, snapshot.VariantsOf(probe, request), next), ExitCode.Success);
    }

    /// <summary>
    /// Hashes of the keys of all that the cache has of the probes as they are now: their steps and the crates below them, and the
    /// results by which both are found; null, after saying why, when a step has no result.
    /// </summary>
    /// <param name="inventory">What the cache has.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<(IReadOnlySet<string>? Keys, ExitCode Failure)> StoredAsync(CacheInventory inventory, CancellationToken cancellation)
    {
        var (snapshot, files) = _look.Take(null, out var failure);
        if (snapshot is null)
            return (null, failure);
        var probes = snapshot.Asked(request).ToList();
        var keys = StoredCrates.KeysOf(probes, snapshot, files, inventory).ToHashSet(StringComparer.Ordinal);
        foreach (var probe in probes)
        {
            var weak = snapshot.Actions.Weak(probe).Key;
            var (results, missing) = await new StoredSteps(snapshot, probe, _look.Tools(snapshot, files), session.Results.TryGet).FindAsync(snapshot.VariantsOf(probe.Name, request), cancellation);
            if (missing is not null || session.Results.TryGet(weak) is null)
            {
                session.Output.Show(NotBuilt(missing ?? new StepId(Stage.Rustc, probe.Name)));
                return (null, ExitCode.Failed);
            }
            keys.UnionWith(results.Values.Select(r => r.Action.Key.Hash).Append(weak.Hash));
        }
        return (keys, ExitCode.Success);
    }

    /// <summary>What is said of a step without a result.</summary>
    public static Diagnostic NotBuilt(StepId step) => Diagnostic.Error("BPFI1056", $"the cache has no result of {step} as it is now", "build it first");
}
