using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>The path sets that were seen for a weak action, the newest first: they are the outputs of its result.</summary>
internal static class KnownPathSets
{
    /// <summary>Those that are stored, here and then in the shared tiers; only what is enumerated is looked for.</summary>
    public static IEnumerable<PathSet> Of(StepAction weak, TieredCache cache) => cache.All(weak.Key)
        .SelectMany(r => r.Outputs)
        .Select(o => o.Digest)
        .Distinct()
        .Select(d => cache.TryRead(d) is { } content ? PathSet.Decode(content) : null)
        .OfType<PathSet>();

    /// <summary>Puts one before the others, here and in the shared tiers.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public static void Add(PathSet paths, StepAction weak, TieredCache cache)
    {
        cache.Blobs.Put(paths.Encode());
        Remember(paths, weak, cache);
        Share(weak.Key, cache);
    }

    /// <summary>Puts one whose content is stored before the others here.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public static void Remember(PathSet paths, StepAction weak, TieredCache cache) =>
        cache.Replace(StepResult.OfPathSets(weak, [Digest.Of(paths.Encode())], cache.Results.TryGet(weak.Key)));

    /// <summary>Gives the shared tiers the newest one of here.</summary>
    public static void Share(Digest weakKey, TieredCache cache)
    {
        if (cache.Results.TryGet(weakKey) is not { Outputs: [var newest, ..], Action: var weak })
            return;
        // In which order others need theirs, they know best.
        cache.Update(weakKey, newest.Digest, there => there?.Outputs.Any(o => o.Digest == newest.Digest) == true ? null : StepResult.OfPathSets(weak, [newest.Digest], there));
    }
}
