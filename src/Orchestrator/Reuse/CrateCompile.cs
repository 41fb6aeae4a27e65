using System.Collections.Concurrent;
using System.Diagnostics;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>
/// The hidden command <c>rustc</c>: one rustc call of cargo's, with its outputs from the cache when it has them. Whatever
/// goes wrong on the way to the cache, rustc runs as if there were none, and what it says and returns is passed on as it
/// is: cargo cannot tell the difference.
/// </summary>
internal sealed class CrateCompile
{
    private readonly CrateSession _session;
    private readonly RustcCommandLine _call;
    private readonly RustcRun _rustc;
    private readonly string _note;
    private readonly List<string> _damaged = [];
    private readonly ConcurrentQueue<TierTrouble> _troubles = [];
    private readonly TieredCache _cache;
    private readonly CrateStorage _storage;

    private CrateCompile(CrateSession session, RustcCommandLine call, RustcRun rustc)
    {
        (_session, _call, _rustc) = (session, call, rustc);
        _note = CrateClosure.NoteOf(call.DepInfoPath);
        _cache = new TieredCache(
            new ActionCache(session.Cache, key => _damaged.Add($"result {key.Short}")),
            new BlobStore(session.Cache, digest => _damaged.Add($"blob {digest.Short}")),
            [.. session.TiersInUse().Select(t => new SharedTier(t, SharedCaches.TierOf(t), Note))],
            Note);
        _storage = new CrateStorage(call, new CratePaths(session), _cache);
    }

    /// <summary>Makes the call.</summary>
    /// <param name="arguments">rustc's path and its arguments.</param>
    /// <returns>rustc's exit code.</returns>
    public static int Run(string[] arguments)
    {
        var rustc = new RustcRun(arguments);
        var session = CrateSession.Decode(Environment.GetEnvironmentVariable(CrateFinder.SessionVariable));
        try
        {
            return session is not null && RustcCommandLine.Parse(arguments[1..]) is { } call
                ? new CrateCompile(session, call, rustc).Run()
                : rustc.ToEnd();
        }
        catch (Exception)
        {
            // The cache is there to save work; a build never fails for it.
            return rustc.ToEnd();
        }
    }

    private int Run()
    {
        var before = CrateClosure.KeyIn(_note);
        // Written first: crates that use this one begin as soon as its metadata is there, and need the note then.
        CrateClosure.Write(_note, before, _call.Externs);
        var started = FileStamp.Of(_note).Changed;
        if (CrateClosure.Of(_call.Externs, _call.IsLinked) is not { } crates)
            return _rustc.ToEnd();
        var actions = new CrateActions(_session, _call, crates);
        var weak = actions.Weak();
        if (TryRestore(actions, weak))
            return 0;
        // Until rustc has told what it reads, its root is all that tells this call from one with other sources.
        var turnKey = Digest.OfText($"{weak.Key} {Digest.OfFile(_call.Source)}");
        using var turn = _cache.Results.LockAsync(turnKey, CancellationToken.None).GetAwaiter().GetResult();
        if (TryRestore(actions, weak))
            return 0;
        var clock = Stopwatch.StartNew();
        if (_rustc.ToEnd() is not 0 and var status)
            return status;
        Keep(actions, weak, started, before, clock.Elapsed);
        return 0;
    }

    private bool TryRestore(CrateActions actions, StepAction weak)
    {
        foreach (var paths in KnownPathSets.Of(weak, _cache))
        {
            var action = actions.Strong(paths);
            if (_cache.TryGet(action.Key) is not { } hit)
                continue;
            if (_storage.TryRestore(hit.Result) is { } streams)
            {
                if (hit.Tier is not null)
                    KnownPathSets.Remember(paths, weak, _cache);
                _cache.FlushAsync().GetAwaiter().GetResult();
                CrateClosure.Write(_note, action.Key, _call.Externs);
                Report(Outcome(compiled: false, TimeSpan.Zero, []) with { Tier = hit.Tier, Saved = hit.Result.Elapsed });
                RustcRun.Print(streams);
                return true;
            }
            // An output is lost: without its result, the next one counts.
            _cache.Forget(action.Key);
        }
        return false;
    }

    // rustc has done its work: what cannot be kept now is compiled again another time.
    private void Keep(CrateActions actions, StepAction weak, long started, Digest? before, TimeSpan elapsed)
    {
        IReadOnlyList<Reason> reasons = [];
        StoredCrate? stored = null;
        try
        {
            var paths = actions.PathsOf(DepInfo.Parse(File.ReadAllText(_call.DepInfoPath)));
            var action = actions.Strong(paths);
            if (before is { } key && _cache.Results.TryGet(key) is { } earlier)
                reasons = new ActionDifferences(_ => null).Between(earlier.Action, action);
            if (!actions.HasChanged(paths, started) && _storage.Store(_rustc.Streams) is { } outputs)
            {
                _cache.Results.Add(new StepResult(action, outputs, [], elapsed));
                _cache.Blobs.Put(paths.Encode());
                KnownPathSets.Remember(paths, weak, _cache);
                stored = new StoredCrate($"{action.Key}", $"{weak.Key}");
                CrateClosure.Write(_note, action.Key, _call.Externs);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Unwritable: the build goes on without.
        }
        Report(Outcome(compiled: true, elapsed, reasons) with { Stored = stored });
    }

    // A tier that hangs is to be waited for once in a build, and not once for each crate.
    private void Note(TierTrouble trouble)
    {
        _troubles.Enqueue(trouble);
        if (trouble.Kind == TierTroubleKind.Unusable)
            _session.TurnOff(trouble.Tier);
    }

    private string Package => Environment.GetEnvironmentVariable("CARGO_PKG_NAME") ?? _call.CrateName;

    private string Kind => CrateActions.KindOf(_call.CrateTypes[0]);

    private CrateOutcome Outcome(bool compiled, TimeSpan elapsed, IReadOnlyList<Reason> reasons) =>
        new(Package, Kind, compiled, elapsed, reasons, _damaged, [.. _troubles]);

    private void Report(CrateOutcome outcome)
    {
        try
        {
            outcome.AddTo(_session.Log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One line less in a report.
        }
    }
}
