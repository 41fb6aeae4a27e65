using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// One cargo call for the dirty probes of a workspace. Cargo's messages are followed as they come; when a probe's bin
/// is there, everything below it is too, and its rustc step is finished, stored and handed on at once.
/// </summary>
internal sealed class CargoSession : IDisposable
{
    private readonly CargoUnit _unit;
    private readonly ImmutableDictionary<(string PackageId, string Bin), Probe> _dirty;
    private readonly Snapshot _snapshot;
    private readonly PassRequest _request;
    private readonly PassTools _tools;
    private readonly StepTable _table;
    private readonly IPassObserver _observer;
    private readonly UnitLedger _ledger;
    private readonly CaptureStorage _captures;
    private readonly ProbeTurns _turns;
    private readonly List<CompilerMessage> _messages = [];
    private readonly HashSet<Probe> _compiled = [];
    private readonly HashSet<Probe> _again = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public CargoSession(
        CargoUnit unit,
        ImmutableArray<Probe> dirty,
        Snapshot snapshot,
        PassRequest request,
        PassTools tools,
        StepTable table,
        IPassObserver observer)
    {
        (_unit, _snapshot, _request, _tools, _table, _observer) = (unit, snapshot, request, tools, table, observer);
        _dirty = dirty.ToImmutableDictionary(p => (p.Package.Id, p.Name));
        _captures = new CaptureStorage(path => !path.StartsWith($"{unit.TargetDirectory}/", StringComparison.Ordinal), tools);
        _turns = new ProbeTurns(snapshot, tools);
        _ledger = new UnitLedger(unit, snapshot.Actions.Salt(unit), tools.Files, StartMark());
    }

    /// <summary>Raised for each probe whose rustc step is done, on cargo's reader.</summary>
    public event Action<Probe, PathSet, StepResult>? Compiled;

    /// <summary>Whether a probe could not be compiled.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether cargo may have seen another workspace than the snapshot, so that nothing of what it makes has a key.</summary>
    public bool IsOutdated { get; private set; }

    /// <summary>Runs cargo. Gives the probes that have to be compiled once more.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IEnumerable<Probe>> RunAsync(CancellationToken cancellation)
    {
        foreach (var probe in _dirty.Values)
            _observer.Started(new StepId(Stage.Rustc, probe.Name));
        for (var waiting = _dirty.Values.ToList(); waiting.Count > 0 && !IsOutdated && (!HasFailed || _request.KeepGoing);)
        {
            var mine = await _turns.TakeAsync(waiting, cancellation);
            waiting.RemoveAll(mine.Contains);
            await CompileAsync([.. mine.Where(p => !IsFinishedElsewhere(p))], cancellation);
            mine.ForEach(_turns.GiveBack);
        }
        return _again;
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    // Whoever had the turn before has finished it: the next round finds the result.
    private bool IsFinishedElsewhere(Probe probe)
    {
        if (RustcLookup.Find(probe, _snapshot.Actions, _tools).Hit is null)
            return false;
        _turns.GiveBack(probe);
        return _again.Add(probe);
    }

    private async Task CompileAsync(IReadOnlyList<Probe> probes, CancellationToken cancellation)
    {
        await CompileAgainAsync(probes, cancellation);
        var left = probes.Where(p => !_compiled.Contains(p) && !_again.Contains(p)).ToList();
        if (left.Count == 0)
            return;
        using var crates = CrateReuse.For(_unit, _snapshot, _tools);
        var call = new CargoRequest(
            _snapshot.Toolchain.Toolchain, _unit.Options, _unit.Workspace.Root, _unit.TargetDirectory, crates?.Finder,
            _unit.Packages, [.. left.Select(p => p.Name).Distinct(StringComparer.Ordinal)], _request.Jobs, _request.KeepGoing)
        {
            UnnamedPackage = FirstResolver.UnnamedPackage(_unit.Workspace),
        };
        var outcome = await _tools.Programs.BuildAsync(call, Follow, _observer.Progress, cancellation);
        foreach (var crate in crates?.Outcomes() ?? [])
            Follow(crate);
        if (_ledger.StalePackages.Count > 0)
            _tools.Programs.Clean(call, _ledger.StalePackages);
        foreach (var probe in left.Where(p => !_compiled.Contains(p) && !_again.Contains(p)))
            Fail(probe, outcome);
    }

    // Probes for which the last rustc call can be made again. A probe for which that fails is left to cargo, which
    // knows better what is wrong.
    private async Task CompileAgainAsync(IReadOnlyList<Probe> probes, CancellationToken cancellation)
    {
        var candidates = probes.Select(p => (Probe: p, Capture: CaptureToRepeat(p))).Where(c => c.Capture is not null).ToList();
        if (candidates.Count == 0)
            return;
        var preparing = Task.Run(() => _captures.Prepare(candidates[0].Capture!), CancellationToken.None);
        var linker = CaptureLinker.Write(_unit.TargetDirectory);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _request.Jobs, CancellationToken = cancellation };
        await Parallel.ForEachAsync(candidates, parallel, async (candidate, token) =>
        {
            var (probe, before) = candidate;
            var target = new CargoPackageTarget(probe.Package.Id, probe.Name);
            if (await _tools.Programs.RepeatAsync(before!.Call!, _unit.Options, linker, target, token) is not { } messages)
                return;
            lock (_compiled)
            {
                // Another build may have compiled something below meanwhile.
                if (RecordedCompile.Load(probe, _tools.Index) is not { } record || !_ledger.Hold(record.Units))
                    return;
                _messages.AddRange(messages);
                Follow(new ArtifactMessage(probe.Package.Id, probe.Name, ["bin"], [], before.Output, Fresh: false), repeated: true);
            }
        });
        await preparing;
    }

    private LinkCapture? CaptureToRepeat(Probe probe)
    {
        if (RecordedCompile.Load(probe, _tools.Index) is not { } record
            || record.WeakKey != _snapshot.Actions.Weak(probe).Key.Hash
            || !File.Exists(record.Output)
            || LinkCapture.TryRead(record.Output) is not { Call: { } call } capture
            || call.Identity != record.Call)
            return null;
        return _ledger.TryRestore(probe, record) ? capture : null;
    }

    // The clock of the file system that holds the sources' neighbour, not that of the machine, decides what is later.
    private long StartMark()
    {
        Directory.CreateDirectory(_unit.TargetDirectory);
        var mark = Path.Combine(_unit.TargetDirectory, $"started-{Environment.ProcessId}");
        File.WriteAllText(mark, "");
        var stamp = FileStamp.Of(mark);
        File.Delete(mark);
        return stamp.Changed;
    }

    // The process that compiled it has nothing but the local cache.
    private void Follow(CrateOutcome crate)
    {
        foreach (var trouble in crate.Troubles)
            _tools.Cache.Report(trouble);
        if (crate.Stored is { } stored && Digest.TryParse(stored.Key, out var key) && Digest.TryParse(stored.WeakKey, out var weakKey))
        {
            _tools.Cache.Share(key);
            KnownPathSets.Share(weakKey, _tools.Cache);
        }
        _observer.Finished(crate);
    }

    private void Follow(CargoMessage message)
    {
        if (message is BuildScriptMessage script)
            _ledger.Add(script);
        else if (message is CompilerMessage compiler)
            _messages.Add(compiler);
        else if (message is ArtifactMessage artifact)
            Follow(artifact);
    }

    private void Follow(ArtifactMessage artifact, bool repeated = false)
    {
        var capture = artifact.Executable is { } program && artifact.Kinds.Contains("bin") ? ReadCapture(program) : null;
        _ledger.Add(artifact, DepInfoFile.Find(artifact, capture), capture is null ? artifact.Files : [capture.Output]);
        if (!artifact.Kinds.Contains("bin") || !_dirty.TryGetValue((artifact.PackageId, artifact.Target), out var probe))
            return;
        // Something else lies there: it is damaged, or another version made it.
        if (capture is null && artifact.Fresh)
            _ledger.Distrust(probe.Package);
        Finish(probe, capture, repeated);
    }

    // Cargo names a link to what it compiled; the file itself may be newer, when rustc was called without cargo.
    private static LinkCapture? ReadCapture(string program) =>
        LinkCapture.TryRead(program) is { } linked && linked.Output != program ? LinkCapture.TryRead(linked.Output) ?? linked : LinkCapture.TryRead(program);

    private void Finish(Probe probe, LinkCapture? capture, bool repeated)
    {
        var closure = _unit.Workspace.Closure(probe.Package);
        if (!_snapshot.Actions.WeakInputs(probe).All(_tools.Files.IsAsSeen))
        {
            IsOutdated = true;
            _again.Add(probe);
            return;
        }
        var stale = closure.Select(p => p.Name).Where(_ledger.StalePackages.Contains).ToList();
        if (stale.Count > 0 || _ledger.ChangedSinceRead(probe, closure) || _ledger.ChangedSinceStart(_snapshot.Actions.WeakInputs(probe)))
        {
            _table.Reasons.Note(new StepId(Stage.Rustc, probe.Name), stale.Count > 0 ? Reason.StaleUnit(stale) : Reason.SourcesChanged());
            _again.Add(probe);
            return;
        }
        if (capture is null)
            return;
        var paths = _ledger.PathsOf(probe, closure);
        var result = new StepResult(
            _snapshot.Actions.Strong(probe, paths),
            _captures.Store(capture),
            [.. Warnings(closure, probe).Select(DiagnosticStorage.Store)],
            _clock.Elapsed);
        _snapshot.Actions.StoreTexts(result.Action, _tools.Blobs);
        result = _tools.Cache.Add(result);
        RustcLookup.Remember(probe, paths, _snapshot.Actions, _tools);
        if (!repeated)
            Record(probe, capture, closure);
        _table.Done(new StepId(Stage.Rustc, probe.Name), result, executed: true, _clock.Elapsed);
        _compiled.Add(probe);
        _turns.GiveBack(probe);
        Compiled?.Invoke(probe, paths, result);
    }

    // A variable of the build script's that was there before with the same value is not among those of the call, and so
    // the call cannot be made again.
    private void Record(Probe probe, LinkCapture capture, IEnumerable<CargoPackage> closure)
    {
        var generated = _ledger.GeneratedBy(probe.Package);
        if (capture.Call is not { } call || !generated.All(call.Variables.ContainsKey))
            return;
        var record = new RecordedCompile(
            _snapshot.Actions.Weak(probe).Key.Hash, capture.Output, call.Identity, generated, [.. _ledger.UnitsBelow(closure)]);
        record.Save(probe, _tools.Index);
    }

    private void Fail(Probe probe, CargoOutcome outcome)
    {
        var id = new StepId(Stage.Rustc, probe.Name);
        var closure = _unit.Workspace.Closure(probe.Package);
        var errors = About(closure, probe, "error").Select(m => Diagnostic.Error("BPFI2010", m.Message) with { Detail = m.Rendered }).ToList();
        if (errors.Count == 0 && _messages.Any(m => m.Level == "error") && !outcome.Succeeded)
        {
            _table.Skipped(id);
            return;
        }
        HasFailed = true;
        if (errors.Count == 0)
            errors.Add(outcome.Succeeded
                ? Diagnostic.Error("BPFI2012", $"cargo linked {probe.Name} with another linker", "remove \"linker\" for this target from Cargo's configuration")
                : Diagnostic.Error("BPFI2011", $"cargo failed for {probe.Name}", HintFor(outcome.Errors)) with { Detail = outcome.Errors });
        var present = _table.Reasons.Nearest(probe, _snapshot.Actions);
        _table.Failed(id, present, [.. errors], _clock.Elapsed);
    }

    // cargo looks for the sources before it looks for what is there already.
    private static string? HintFor(string errors) => errors.Contains("library/Cargo.lock", StringComparison.Ordinal)
        ? "\"build-std\" in Cargo's configuration has it compile the standard library, whose sources are not there: remove it, or install rust-src" : null;

    private IEnumerable<Diagnostic> Warnings(IEnumerable<CargoPackage> closure, Probe probe) =>
        About(closure, probe, "warning").Select(m => Diagnostic.Warning("BPFI2013", m.Message) with { Detail = m.Rendered });

    // Messages about a probe: on its own bin, and on everything in its closure that is not another bin. The summary
    // lines ("2 warnings emitted") have no code to point at.
    private IEnumerable<CompilerMessage> About(IEnumerable<CargoPackage> closure, Probe probe, string level)
    {
        var packages = closure.Select(p => p.Id).ToHashSet(StringComparer.Ordinal);
        return _messages.Where(m => m.Level == level && packages.Contains(m.PackageId)
            && (!m.Kinds.Contains("bin") || m.Target == probe.Name)
            && !m.Message.StartsWith("aborting due to", StringComparison.Ordinal)
            && !m.Message.EndsWith("emitted", StringComparison.Ordinal));
    }
}
