using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Orchestrator.Watch;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>
/// One build from beginning to end, at the least cost that what changed allows: nothing at all; a pass over the probes
/// whose sources look different; or a look at everything.
/// </summary>
internal sealed class Build(Session session, PassRequest request, IPrograms programs)
{
    // Among the inputs of probes, whose names are never empty: the pass that they are of.
    private const string PassOfInputs = "";

    private const int MaximumRestarts = 3;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string _name =
        $"{string.Join(',', request.Probes.Order(StringComparer.Ordinal))} {string.Join(',', request.Variants.Order(StringComparer.Ordinal))}";

    private PassRecord? _record;
    private LastLook? _last;

    /// <summary>The time since the last comparison began.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>How the world differs from what the last such build saw.</summary>
    public WorldChange Compare()
    {
        _clock.Restart();
        var content = session.Passes.Read(session.Workspace, _name);
        if (_record is null || !_record.Content.SequenceEqual(content))
        {
            _record = content is null ? null : PassRecord.Read(content);
            // Another process has built: toolchain and packages may not be those that were looked at here.
            _last = _last is null ? null : _last with { IsCurrent = false };
        }
        var change = Look();
        if (change is { IsNone: true, Restamped.IsEmpty: false })
            Remember(_record!.Restamp(change.Restamped));
        return change;
    }

    /// <summary>Whether there was such a build, so that there is something to compare with.</summary>
    public bool CanCompare => _record is not null;

    /// <summary>How the world differs now from what <see cref="Compare"/> compared with.</summary>
    public WorldChange Look() => _record?.Compare(Session.EnvironmentState) ?? WorldChange.Unknown;

    /// <summary>Listens to all that matters, as far as it is known.</summary>
    public void AddTo(WatchedPaths watched)
    {
        watched.Output = _last?.Snapshot?.Settings.Output ?? watched.Output;
        if (_last is not null)
            watched.Add(_last.Files);
        // What a pass over a few probes looked at is already among it.
        if (_last is not { IsCurrent: true } && _record is not null)
            watched.Add(_record);
    }

    /// <summary>Gets ready for the next pass while there is time: looks at toolchain and packages, starts LLVM.</summary>
    public void Prepare()
    {
        if (_last is not { IsCurrent: true })
        {
            var (looked, files) = TakeSnapshot(null, out _);
            _last = new LastLook(looked, files, IsCurrent: looked is not null);
        }
        if (_last.Snapshot is not { } snapshot || snapshot.Probes.FirstOrDefault(request.Wants) is not { } probe)
            return;
        var variants = snapshot.Settings.Variants.Keys.Where(request.WantsVariant).ToList();
        Tools(snapshot, _last.Files).Workers.Warm(snapshot.SampleCommands(probe, variants), Math.Min(request.Jobs, variants.Count));
    }

    /// <summary>Brings everything up to date.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; finished steps are kept.</exception>
    public Task<ExitCode> RunAsync(WorldChange change, IPassObserver observer, CancellationToken cancellation) =>
        RunOrRestartAsync(change, observer, MaximumRestarts, cancellation);

    private async Task<ExitCode> RunOrRestartAsync(WorldChange change, IPassObserver observer, int restarts, CancellationToken cancellation)
    {
        var affected = Affected(change);
        var (snapshot, files) = LookAgain(affected, out var failure);
        // What was found out about toolchain and packages belongs to a record that is not written yet.
        _last = new LastLook(snapshot, files, IsCurrent: affected is not null);
        if (snapshot is null)
            return failure;
        // Configuration, toolchain, manifests: what was looked at so far matters to every probe.
        var shared = files.Files.Keys.Concat(files.Listings.Keys).ToHashSet(StringComparer.Ordinal);
        var tools = Tools(snapshot, files);
        var narrowed = affected is null ? request : request with { Probes = affected.Value };
        var driver = Driver.Load(session.Workspace, session.Index, affected);
        var report = await PassAsync(driver, snapshot, narrowed, tools, observer, cancellation);
        if (report.IsOutdated && restarts > 0)
            return await RunOrRestartAsync(WorldChange.Unknown, observer, restarts - 1, cancellation);
        var objects = affected is null ? report.Objects : change.Objects;
        observer.Summary(report with { Objects = objects, Elapsed = _clock.Elapsed });
        if (session.SharedCaches.Failed)
            return ExitCode.Environment;
        // The record of the last good state stays: what differs from it still differs next time.
        if (!report.Succeeded)
            return report.Diagnostics.Any(d => d.Severity == Severity.Error) ? ExitCode.Environment : ExitCode.Failed;
        Remember(change, snapshot, files, shared, report, affected is null ? null : _record, objects);
        _last = new LastLook(snapshot, files, IsCurrent: true);
        if (report.Ran.Any())
            AutomaticCollection.AfterBuild(session.CacheDirectory, snapshot.Settings.CacheLimits, session.Output);
        return ExitCode.Success;
    }

    // However a pass ends, explanations want to know of it. What a narrowed pass leaves out is as it was.
    private async Task<Report> PassAsync(
        Driver driver, Snapshot snapshot, PassRequest narrowed, PassTools tools, IPassObserver observer, CancellationToken cancellation)
    {
        var pass = new LastPass(tools.Began, PassState.Stopped, request.Probes, request.Variants);
        var counter = new UseCounter(observer);
        try
        {
            var (report, _) = await driver.RunAsync(snapshot, narrowed, tools, counter, cancellation);
            pass = pass with { State = report.Succeeded ? PassState.Succeeded : PassState.Failed };
            return report;
        }
        finally
        {
            session.Index.RememberLastPass(session.Workspace, pass.Encode(), counter.Counts());
        }
    }

    /// <summary>The names of the probes that changes since a git revision can change; null, after saying why, when that cannot be told.</summary>
    public IReadOnlyList<string>? Affected(string revision, out ExitCode failure)
    {
        var (snapshot, files) = TakeSnapshot(null, out failure);
        if (snapshot is null)
            return null;
        var (changes, error) = GitChanges.Since(session.Directory, revision);
        if (changes is null)
        {
            failure = ExitCode.Usage;
            session.Output.Show(error!);
            return null;
        }
        return [.. new AffectedProbes(snapshot, request, Tools(snapshot, files), changes).Find().Select(p => p.Name)];
    }

    /// <summary>What <see cref="RunAsync"/> would do; null, after saying why, when that cannot be told.</summary>
    public async Task<(ImmutableArray<PredictedStep>? Steps, ExitCode Failure)> PredictAsync(
        WorldChange change, IPassObserver observer, CancellationToken cancellation)
    {
        var affected = Affected(change);
        var (snapshot, files) = TakeSnapshot(affected, out var failure);
        if (snapshot is null)
            return (null, failure);
        var narrowed = affected is null ? request : request with { Probes = affected.Value };
        var driver = Driver.Load(session.Workspace, session.Index, affected);
        return (await driver.PredictAsync(snapshot, narrowed, Tools(snapshot, files), observer, cancellation), ExitCode.Success);
    }

    /// <summary>What is remembered of the one probe that is asked for, and what would happen to it; null, after saying why, when there is no such probe.</summary>
    /// <param name="upToDate">Whether a build of everything has nothing to do, and would not look at this probe either.</param>
    /// <param name="observer">Told of nothing.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<(Explanation? Explanation, ExitCode Failure)> ExplainAsync(bool upToDate, IPassObserver observer, CancellationToken cancellation)
    {
        var (snapshot, files) = TakeSnapshot(null, out var failure);
        if (snapshot is null)
            return (null, failure);
        var driver = Driver.Load(session.Workspace, session.Index, request.Probes);
        ImmutableArray<PredictedStep> next =
            upToDate ? [] : await driver.PredictAsync(snapshot, request, Tools(snapshot, files), observer, cancellation);
        var variants = snapshot.Settings.Variants.Keys.Where(request.WantsVariant);
        return (Explanation.Read(session.Index, session.Workspace, request.Probes.Single(), variants, next), ExitCode.Success);
    }

    /// <summary>
    /// Hashes of the keys of all that the cache has of the probes as they are now: their steps and the crates below them, and the
    /// results by which both are found; null, after saying why, when a step has no result.
    /// </summary>
    /// <param name="inventory">What the cache has.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<(IReadOnlySet<string>? Keys, ExitCode Failure)> StoredAsync(CacheInventory inventory, CancellationToken cancellation)
    {
        var (snapshot, files) = TakeSnapshot(null, out var failure);
        if (snapshot is null)
            return (null, failure);
        var variants = snapshot.Settings.Variants.Keys.Where(request.WantsVariant).ToList();
        var probes = snapshot.Probes.Where(request.Wants).ToList();
        var keys = StoredCrates.KeysOf(probes, snapshot, files, inventory).ToHashSet(StringComparer.Ordinal);
        foreach (var probe in probes)
        {
            var (results, missing) = await new StoredSteps(snapshot, probe, Tools(snapshot, files)).FindAsync(variants, cancellation);
            if (missing is { } step)
            {
                session.Output.Show(Diagnostic.Error("BPFI1056", $"the cache has no result of {step} as it is now", "build it first"));
                return (null, ExitCode.Failed);
            }
            keys.UnionWith(results.Select(r => r.Action.Key.Hash));
        }
        return (keys, ExitCode.Success);
    }

    // The probes that have a changed path among their inputs; null when everything has to be looked at.
    private ImmutableArray<string>? Affected(WorldChange change)
    {
        if (change.IsUnknown)
            return null;
        var lines = change.Paths.Select(p => $"\n{p}\n").ToList();
        var inputs = session.Index.Inputs(session.Workspace, _name).ToList();
        // The record is no part of the index: one of them may have been lost, or be of an earlier pass.
        if (!inputs.Contains((PassOfInputs, $"{change.Pass}")))
            return null;
        var probes = inputs
            .Where(i => lines.Exists(l => i.Paths.Contains(l, StringComparison.Ordinal)))
            .Select(i => i.Probe)
            .Where(p => request.Probes.IsEmpty || request.Probes.Contains(p))
            .ToImmutableArray();
        // A path that belonged to a probe once and to none now is a reason to look at everything, once.
        return probes.IsEmpty ? null : probes;
    }

    // When nothing but sources can have changed, a watching process still knows all the rest.
    private (Snapshot? Snapshot, FileTable Files) LookAgain(ImmutableArray<string>? affected, out ExitCode failure)
    {
        if (affected is null || _last is not { IsCurrent: true, Snapshot: { } snapshot, Files: var files })
            return TakeSnapshot(affected, out failure);
        failure = ExitCode.Success;
        files.Refresh();
        return (snapshot.Renew(files), files);
    }

    private (Snapshot? Snapshot, FileTable Files) TakeSnapshot(ImmutableArray<string>? affected, out ExitCode failure)
    {
        failure = ExitCode.Usage;
        var (settings, errors) = SettingsReader.Read(session.ConfigurationPath);
        // A narrowed pass looks at a few files: one by one is cheaper than all that the index knows.
        var files = new FileTable(session.Index, affected is null && settings is not null ? [.. settings.Workspaces, session.Directory] : []);
        Snapshot? snapshot = null;
        if (settings is not null)
            (snapshot, errors) = new SnapshotBuilder(session.Index, files, programs, trusted: affected is not null).Build(settings);
        if (snapshot is not null)
            errors =
            [
                .. Unknown("probe", request.Probes, snapshot.Probes.Select(p => p.Name)),
                .. Unknown("variant", request.Variants, snapshot.Settings.Variants.Keys),
            ];
        if (errors.IsEmpty)
            return (snapshot, files);
        failure = errors[0].Id == "BPFI1030" ? ExitCode.Environment : ExitCode.Usage;
        session.Output.Show(errors);
        return (null, files);
    }

    private void Remember(
        WorldChange change, Snapshot snapshot, FileTable files, HashSet<string> shared, Report report, PassRecord? previous, int objects)
    {
        // The program is an input too: another one may have other stages.
        foreach (var part in (string[])[Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "bpfincr.dll")])
            files.DigestOf(part);
        // It is large, and hashed once.
        files.Save();
        files.Restamp();
        ImmutableArray<string> variables =
            [.. ToolchainSelection.Variables, .. snapshot.Settings.Variables, .. snapshot.Actions.ObservedVariables];
        // A narrowed pass trusted these without looking at them itself.
        var record = previous?.Restamp(change.Restamped) ?? PassRecord.Of(objects, "", variables, []);
        var sources = report.Inputs.Values.SelectMany(p => p).ToHashSet(StringComparer.Ordinal);
        sources.ExceptWith(shared);
        sources.ExceptWith(snapshot.Actions.SharedInputs);
        record = record.With(Session.EnvironmentState, variables, files, sources);
        var inputs = report.Inputs.Select(i => KeyValuePair.Create(i.Key, $"\n{string.Join('\n', i.Value)}\n"));
        session.Index.RememberInputs(session.Workspace, _name, inputs.Append(new(PassOfInputs, $"{record.Pass}")));
        Remember(record);
    }

    private void Remember(PassRecord record) => session.Passes.Write(session.Workspace, _name, (_record = record).Content);

    private PassTools Tools(Snapshot snapshot, FileTable files) => new(
        session.CacheFor(snapshot.Settings),
        session.Index,
        files,
        programs,
        programs.Workers(snapshot.Toolchain.Toolchain.Llvm),
        Session.Program);

    private static IEnumerable<Diagnostic> Unknown(string what, ImmutableArray<string> wanted, IEnumerable<string> known)
    {
        var names = known.ToList();
        foreach (var unknown in wanted.Except(names, StringComparer.Ordinal))
        {
            var hint = NearestName.Of(unknown, names) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", names)}";
            yield return Diagnostic.Error("BPFI1003", $"there is no {what} {unknown}", hint);
        }
    }

    // What was looked at last, and whether toolchain and packages are those of the record that the next pass compares with.
    private sealed record LastLook(Snapshot? Snapshot, FileTable Files, bool IsCurrent);
}
