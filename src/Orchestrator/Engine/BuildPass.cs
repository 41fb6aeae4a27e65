using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// One pass, from snapshot to report. In rounds: every probe whose rustc result is in the cache goes straight on to
/// the stages behind; the others are compiled by one cargo call for each Cargo workspace, and go on one by one as
/// cargo finishes them. A probe comes back for another round when a source changed under the compiler, when cargo
/// called something fresh that was not, or when a blob of its rustc step is gone; a few rounds are enough for all
/// that is not changing for ever.
/// </summary>
internal sealed class BuildPass(
    Snapshot snapshot, PassRequest request, PassTools tools, StepTable table, IPassObserver observer)
{
    private const int MaximumRounds = 4;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentBag<Probe> _again = [];
    private readonly ConcurrentBag<Diagnostic> _diagnostics = [];
    private readonly ConcurrentBag<StepId> _placed = [];
    private readonly ProbeInputs _inputs = new(tools.Files);
    private readonly ObjectDirectory _objects = new(snapshot.Settings, tools);
    private bool _isOutdated;

    public async Task<Report> RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var slots = new SemaphoreSlim(request.Jobs);
        var resolver = new StepResolver(
            new StepRunner(tools.Cache, tools.Workers), tools, table, observer, slots, () => StopUnlessKeepGoing(stop));
        var selected = snapshot.Asked(request).ToList();
        var objects = selected.Sum(p => snapshot.VariantsOf(p.Name, request).Length);
        // Rustc and link once, and the three stages behind them for each variant.
        observer.Begins((2 * selected.Count) + (3 * objects));
        var pending = selected;
        for (var round = 1; pending.Count > 0 && round <= MaximumRounds && !_isOutdated; round++)
        {
            await RoundAsync(pending, resolver, stop);
            cancellation.ThrowIfCancellationRequested();
            pending = [.. _again];
            _again.Clear();
        }
        if (_isOutdated)
            _diagnostics.Add(Outdated);
        foreach (var probe in _isOutdated ? [] : pending)
            table.Failed(new StepId(Stage.Rustc, probe.Name), table.Reasons.Nearest(probe, snapshot.Actions), [KeepsChanging(probe)], TimeSpan.Zero);
        SkipUnfinished(selected, resolver);
        RemoveGone();
        tools.Files.Save();
        await tools.Cache.FlushAsync();
        var placed = _placed.ToHashSet();
        return new Report(
            [.. table.Steps.OrderBy(s => s.Id.Probe, StringComparer.Ordinal).ThenBy(s => s.Id.Variant, StringComparer.Ordinal).ThenBy(s => s.Id.Stage)],
            [.. _diagnostics],
            objects,
            _inputs.ToImmutable(),
            _clock.Elapsed)
        {
            Restored = table.Steps.Count(s => s.Source == Source.Memory && placed.Contains(s.Id)),
            IsOutdated = _isOutdated,
        };
    }

    private async Task RoundAsync(List<Probe> pending, StepResolver resolver, CancellationTokenSource stop)
    {
        var chains = new ConcurrentBag<Task>();
        var dirty = ChainFound(pending, chains, resolver, stop.Token);
        if (dirty.Count > 0)
            tools.Workers.Warm(snapshot.SampleCommands(dirty[0], request), Math.Min(request.Jobs, dirty.Count * snapshot.VariantsOf(dirty[0].Name, request).Length));
        foreach (var unit in dirty.GroupBy(p => p.Unit, ReferenceEqualityComparer.Instance as IEqualityComparer<CargoUnit>))
        {
            await CompileAsync(unit.Key, [.. unit], stop, (probe, paths, result) =>
            {
                _inputs.Add(probe, paths);
                chains.Add(Task.Run(() => ChainAsync(probe, result, resolver, stop.Token)));
            });
        }
        await Task.WhenAll(chains);
    }

    // Lets the probes whose rustc result is in the cache go on, and gives the others.
    private List<Probe> ChainFound(List<Probe> pending, ConcurrentBag<Task> chains, StepResolver resolver, CancellationToken cancellation)
    {
        var dirty = new List<Probe>();
        var found = pending.AsParallel().AsOrdered().Select(p => (Probe: p, Found: RustcLookup.Find(p, snapshot.Actions, tools)));
        try
        {
            foreach (var (probe, (hit, miss)) in pending.Count > 1 ? found : found.AsSequential())
            {
                var id = new StepId(Stage.Rustc, probe.Name);
                if (hit is null)
                {
                    table.Reasons.Missed(id, miss!);
                    dirty.Add(probe);
                    continue;
                }
                table.Done(id, hit.Cached.Result, executed: false, TimeSpan.Zero, hit.Cached.Tier);
                _inputs.Add(probe, hit.Paths);
                chains.Add(Task.Run(() => ChainAsync(probe, hit.Cached.Result, resolver, cancellation), CancellationToken.None));
            }
            return dirty;
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            // What a shared cache has could not be stored here.
            _diagnostics.Add(Unwritable("the cache directory", e));
            return [];
        }
    }

    private async Task CompileAsync(
        CargoUnit unit, ImmutableArray<Probe> dirty, CancellationTokenSource stop, Action<Probe, PathSet, StepResult> compiled)
    {
        try
        {
            using var session = new CargoSession(unit, dirty, snapshot, request, tools, table, observer);
            session.Compiled += compiled;
            foreach (var probe in await session.RunAsync(stop.Token))
                _again.Add(probe);
            _isOutdated |= session.IsOutdated;
            if (session.HasFailed)
                StopUnlessKeepGoing(stop);
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled says what happens next; what cargo had finished is kept.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _diagnostics.Add(Unwritable($"the output directory {snapshot.Settings.Output} or the cache", e));
        }
    }

    private async Task ChainAsync(Probe probe, StepResult rustc, StepResolver resolver, CancellationToken cancellation)
    {
        try
        {
            while (await TryChainAsync(probe, rustc, resolver, cancellation) is { } lost)
            {
                ForgetProducers(probe, lost);
                if (rustc.Outputs.Any(o => o.Digest == lost))
                {
                    _again.Add(probe);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The steps that did not run are reported as skipped when the pass ends.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _diagnostics.Add(Unwritable("the cache directory", e));
        }
    }

    // Gives the digest of a blob that turned out to be lost; its producer has to run again, and then the rest.
    private async Task<Digest?> TryChainAsync(Probe probe, StepResult rustc, StepResolver resolver, CancellationToken cancellation)
    {
        try
        {
            var chain = new ProbeChain(snapshot, probe, resolver) { Finished = (variant, result) => Place(variant, probe, result.Output(ProbeChain.ObjectName)) };
            await chain.RunAsync(rustc.Outputs, snapshot.VariantsOf(probe.Name, request), cancellation);
            return null;
        }
        catch (LostBlobException e)
        {
            return e.Digest;
        }
    }

    private void Place(string variant, Probe probe, Digest digest)
    {
        try
        {
            if (_objects.Place(variant, probe.Name, digest))
                _placed.Add(new StepId(Stage.Codegen, probe.Name, variant));
            _inputs.Add(probe, snapshot.Settings.ObjectOf(variant, probe.Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _diagnostics.Add(Unwritable($"the output directory {snapshot.Settings.Output}", e));
        }
    }

    // Of several threads each has its own.
    private static bool IsOfDisk(Exception e) =>
        e is IOException or UnauthorizedAccessException || (e is AggregateException { InnerExceptions: var all } && all.All(IsOfDisk));

    private static Diagnostic Unwritable(string what, Exception e) => Diagnostic.Error(
        "BPFI1040", $"{what} cannot be written", $"make it writable, with space left; the system says: {(e is AggregateException { InnerException: { } first } ? first : e).Message}");

    private void ForgetProducers(Probe probe, Digest lost)
    {
        foreach (var (id, row) in table.ToRows().Where(r => r.Key.Probe == probe.Name))
        {
            if (tools.Results.TryGet(row.Key) is not { } result || result.Outputs.All(o => o.Digest != lost))
                continue;
            table.Reasons.Note(id, Reason.OutputLost(result.Outputs.First(o => o.Digest == lost).Name, lost, tools.Blobs.WasDamaged(lost)));
            tools.Cache.Forget(row.Key);
        }
    }

    private void StopUnlessKeepGoing(CancellationTokenSource stop)
    {
        if (!request.KeepGoing)
            stop.Cancel();
    }

    private void SkipUnfinished(List<Probe> selected, StepResolver resolver)
    {
        foreach (var probe in selected)
        {
            foreach (var stage in (Stage[])[Stage.Rustc, Stage.Link])
                if (!table.Has(new StepId(stage, probe.Name)))
                    resolver.Skip(new StepId(stage, probe.Name));
            var missing = snapshot.VariantsOf(probe.Name, request).Where(v => !table.Has(new StepId(Stage.Codegen, probe.Name, v)));
            foreach (var variant in missing.ToList())
                foreach (var stage in (Stage[])[Stage.Patch, Stage.Optimize, Stage.Codegen])
                    if (!table.Has(new StepId(stage, probe.Name, variant)))
                        resolver.Skip(new StepId(stage, probe.Name, variant));
        }
    }

    private void RemoveGone()
    {
        var gone = table.Gone(snapshot);
        table.Remove(gone);
        foreach (var id in gone.Where(id => id.Stage == Stage.Codegen))
            _objects.Delete(id.Variant, id.Probe);
    }

    private static readonly Diagnostic Outdated = Diagnostic.Error(
        "BPFI1041", "manifests, cargo's configuration or declared inputs kept changing while probes were compiled", "build again when they are at rest");

    private static Diagnostic KeepsChanging(Probe probe) => Diagnostic.Error(
        "BPFI1041", $"{probe.Name} could not be built: its sources, or what the cache has of them, kept changing while they were compiled", "build again when they are at rest");
}
