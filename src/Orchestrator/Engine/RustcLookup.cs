using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>A rustc step whose result is in the cache.</summary>
/// <param name="Paths">What rustc reads for it.</param>
/// <param name="Cached">The result.</param>
internal sealed record RustcHit(PathSet Paths, CacheHit Cached);

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
/// From the weak key of a rustc step to its strong one: each path set that was seen for the weak action gives one candidate
/// for what the step is now.
/// </summary>
internal static class RustcLookup
{
    /// <summary>Looks for the result of a probe's rustc step; the newest path set first, as what was compiled last is most likely there again.</summary>
    public static (RustcHit? Hit, RustcMiss? Miss) Find(Probe probe, RustcActions actions, PassTools tools)
    {
        var tried = ImmutableArray.CreateBuilder<StepAction>();
        foreach (var (paths, action) in Candidates(probe, actions, tools))
        {
            if (tools.Cache.TryGet(action.Key) is { } hit)
            {
                if (hit.Tier is not null)
                    KnownPathSets.Remember(paths, actions.Weak(probe), tools.Cache);
                return (new RustcHit(paths, hit), null);
            }
            tried.Add(action);
        }
        return (null, new RustcMiss(actions.Weak(probe).Key, tried.ToImmutable()));
    }

    /// <summary>The strong actions that the path sets seen before give for the present state of the files.</summary>
    public static IEnumerable<(PathSet Paths, StepAction Action)> Candidates(Probe probe, RustcActions actions, PassTools tools) =>
        KnownPathSets.Of(actions.Weak(probe), tools.Cache).Select(paths => (paths, actions.Strong(probe, paths)));

    /// <summary>Puts a path set before those that are stored under the weak key.</summary>
    public static void Remember(Probe probe, PathSet paths, RustcActions actions, PassTools tools) =>
        KnownPathSets.Add(paths, actions.Weak(probe), tools.Cache);
}
