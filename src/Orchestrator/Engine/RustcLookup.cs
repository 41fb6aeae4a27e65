using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>A rustc step whose result is in the cache.</summary>
/// <param name="Paths">What rustc reads for it.</param>
/// <param name="Result">The result.</param>
internal sealed record RustcHit(PathSet Paths, StepResult Result);

/// <summary>A rustc step whose result is not.</summary>
/// <param name="WeakKey">The key under which path sets were looked for.</param>
/// <param name="Tried">What each path set made of the present content.</param>
internal sealed record RustcMiss(Digest WeakKey, ImmutableArray<StepAction> Tried)
{
    /// <summary>Why nothing was found.</summary>
    public Reason Reason => Tried.IsEmpty ? Reason.ReadsUnknown(WeakKey) : Reason.NoMatch(WeakKey, Tried.Length);

    /// <summary>Whether a key was among those looked for.</summary>
    public bool Knew(Digest key) => Tried.Any(a => a.Key == key);
}

/// <summary>
/// From the weak key of a rustc step to its strong one. The weak action's result holds the path sets that were seen,
/// the newest first; each gives one candidate for what the step is now.
/// </summary>
internal static class RustcLookup
{
    private const int MaximumPathSets = 8;

    /// <summary>Looks for the result of a probe's rustc step; the newest path set first, as what was compiled last is most likely there again.</summary>
    public static (RustcHit? Hit, RustcMiss? Miss) Find(Probe probe, RustcActions actions, PassTools tools)
    {
        var tried = ImmutableArray.CreateBuilder<StepAction>();
        foreach (var (paths, action) in Candidates(probe, actions, tools))
        {
            if (tools.Results.TryGet(action.Key) is { } result)
                return (new RustcHit(paths, result), null);
            tried.Add(action);
        }
        return (null, new RustcMiss(actions.Weak(probe).Key, tried.ToImmutable()));
    }

    /// <summary>The strong actions that the path sets seen before give for the present state of the files.</summary>
    public static IEnumerable<(PathSet Paths, StepAction Action)> Candidates(Probe probe, RustcActions actions, PassTools tools)
    {
        if (tools.Results.TryGet(actions.Weak(probe).Key) is not { } known)
            yield break;
        foreach (var output in known.Outputs)
            if (tools.Blobs.TryRead(output.Digest) is { } content && PathSet.Decode(content) is { } paths)
                yield return (paths, actions.Strong(probe, paths));
    }

    /// <summary>Puts a path set before those that are stored under the weak key.</summary>
    public static void Remember(Probe probe, PathSet paths, RustcActions actions, PassTools tools)
    {
        var weak = actions.Weak(probe);
        var newest = tools.Blobs.Put(paths.Encode());
        var known = tools.Results.TryGet(weak.Key)?.Outputs.Select(o => o.Digest) ?? [];
        var outputs = known.Where(d => d != newest).Prepend(newest).Take(MaximumPathSets)
            .Select((digest, i) => new StepOutput($"path-sets/{i}", digest));
        tools.Results.Replace(new StepResult(weak, [.. outputs], [], TimeSpan.Zero));
    }
}
