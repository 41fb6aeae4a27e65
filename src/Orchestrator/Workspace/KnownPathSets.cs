using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>The path sets that were seen for a weak action, the newest first: they are the outputs of its result.</summary>
internal static class KnownPathSets
{
    private const int Maximum = 8;

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
        cache.Replace(With(Digest.Of(paths.Encode()), weak, cache.Results.TryGet(weak.Key)));

    /// <summary>Gives the shared tiers the newest one of here.</summary>
    public static void Share(Digest weakKey, TieredCache cache)
    {
        if (cache.Results.TryGet(weakKey) is not { Outputs: [var newest, ..], Action: var weak })
            return;
        // In which order others need theirs, they know best.
        cache.Update(weakKey, there => there?.Outputs.Any(o => o.Digest == newest.Digest) == true ? null : With(newest.Digest, weak, there));
    }

    private static StepResult With(Digest newest, StepAction weak, StepResult? known)
    {
        var digests = known?.Outputs.Select(o => o.Digest) ?? [];
        var outputs = digests.Where(d => d != newest).Prepend(newest).Take(Maximum)
            .Select((digest, i) => new StepOutput($"{StepResult.PathSetPrefix}{i}", digest));
        return new StepResult(weak, [.. outputs], [], TimeSpan.Zero);
    }
}
