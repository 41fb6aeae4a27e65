using BpfIncr.Cache.Actions;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// From the weak key of a rustc step to its strong one. The weak action's result holds the path sets that were seen,
/// the newest first; each gives one candidate for what the step is now.
/// </summary>
internal static class RustcLookup
{
    private const int MaximumPathSets = 8;

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
