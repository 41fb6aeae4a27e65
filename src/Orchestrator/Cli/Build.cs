using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
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
    private const int MaximumRestarts = 3;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly FreshLook _look = new(session, request, programs);
    private readonly string _name =
        $"{string.Join(',', request.Probes.Order(StringComparer.Ordinal))} {string.Join(',', request.Variants.Order(StringComparer.Ordinal))}";

    private PassRecord? _record;
    private LastLook? _last;

    // Whether what the record has is listened to.
    private bool _isHeard;

    // The objects that were where they belong after the last pass.
    private HashSet<string> _placed = [];

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

    /// <summary>Whether a path is that of an object which was there after the last pass: another one would put it there again.</summary>
    public bool WasPlaced(string path) => _placed.Contains(path);

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
        if (_record is null || (_isHeard && _last is { IsCurrent: true }))
            return;
        watched.Add(_record);
        _isHeard = true;
    }

    /// <summary>Gets ready for the next pass while there is time: looks at toolchain and packages, starts LLVM.</summary>
    public void Prepare()
    {
        if (_last is not { IsCurrent: true })
        {
            var (looked, files) = _look.TakeAhead();
            _last = new LastLook(looked, files, IsCurrent: looked is not null);
        }
        if (_last.Snapshot is not { } snapshot || snapshot.Asked(request).FirstOrDefault() is not { } probe)
            return;
        _look.Tools(snapshot, _last.Files).Workers.Warm(snapshot.SampleCommands(probe, request), Math.Min(request.Jobs, snapshot.VariantsOf(probe.Name, request).Length));
    }

    /// <summary>Brings everything up to date.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; finished steps are kept.</exception>
    public Task<ExitCode> RunAsync(WorldChange change, IPassObserver observer, CancellationToken cancellation) =>
        RunOrRestartAsync(change, observer, MaximumRestarts, cancellation);

    private async Task<ExitCode> RunOrRestartAsync(WorldChange change, IPassObserver observer, int restarts, CancellationToken cancellation)
    {
        var affected = Affected(change);
        // The pass does not look at the objects of other probes: one that disappears meanwhile is as deleted as before it.
        var others = affected is { } probes ? _placed.Where(p => !probes.Contains(Path.GetFileNameWithoutExtension(p))).ToHashSet(StringComparer.Ordinal) : [];
        _placed = [];
        var (snapshot, files) = LookAgain(affected, out var failure);
        // What was found out about toolchain and packages belongs to a record that is not written yet.
        _last = new LastLook(snapshot, files, IsCurrent: affected is not null);
        if (snapshot is null)
            return failure;
        // Configuration, toolchain, manifests: what was looked at so far matters to every probe.
        var shared = files.Files.Keys.Concat(files.Listings.Keys).ToHashSet(StringComparer.Ordinal);
        var tools = _look.Tools(snapshot, files);
        var narrowed = affected is null ? request : request with { Probes = affected.Value };
        var driver = Driver.Load(session.Workspace, session.Index, affected);
        var report = await PassAsync(driver, snapshot, narrowed, tools, observer, cancellation);
        if (report.IsOutdated && restarts > 0)
            return await RunOrRestartAsync(WorldChange.Unknown, observer, restarts - 1, cancellation);
        _placed = snapshot.Asked(request).SelectMany(p => snapshot.VariantsOf(p.Name, request).Select(v => snapshot.Settings.ObjectOf(v, p.Name)))
            .Where(o => File.Exists(o) || others.Contains(o)).ToHashSet(StringComparer.Ordinal);
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

    /// <summary>What <see cref="RunAsync"/> would do; null, after saying why, when that cannot be told.</summary>
    public async Task<(ImmutableArray<PredictedStep>? Steps, ExitCode Failure)> PredictAsync(
        WorldChange change, IPassObserver observer, CancellationToken cancellation)
    {
        var affected = Affected(change);
        var (snapshot, files) = _look.Take(affected, out var failure);
        if (snapshot is null)
            return (null, failure);
        var narrowed = affected is null ? request : request with { Probes = affected.Value };
        var driver = Driver.Load(session.Workspace, session.Index, affected);
        return (await driver.PredictAsync(snapshot, narrowed, _look.Tools(snapshot, files), observer, cancellation), ExitCode.Success);
    }

    // The probes that have a changed path among their inputs; null when everything has to be looked at.
    private ImmutableArray<string>? Affected(WorldChange change)
    {
        if (change.IsUnknown)
            return null;
        var lines = change.Paths.Select(p => $"\n{p}\n").ToList();
        // The record is no part of the index: one of them may have been lost, or be of an earlier pass.
        if (session.Index.Inputs(session.Workspace, _name, change.Pass) is not { } inputs)
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
            return _look.Take(affected, out failure);
        failure = ExitCode.Success;
        files.Refresh();
        return (snapshot.Renew(files), files);
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
        session.Index.RememberInputs(session.Workspace, _name, record.Pass, inputs);
        Remember(record);
    }

    private void Remember(PassRecord record) => session.Passes.Write(session.Workspace, _name, (_record = record).Content);

    // What was looked at last, and whether toolchain and packages are those of the record that the next pass compares with.
    private sealed record LastLook(Snapshot? Snapshot, FileTable Files, bool IsCurrent);
}
