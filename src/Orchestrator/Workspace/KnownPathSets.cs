using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>The path sets that were seen for a weak action, the newest first: they are the outputs of its result.</summary>
internal static class KnownPathSets
{
    private const int Maximum = 8;

    /// <summary>Those that are stored.</summary>
    public static IEnumerable<PathSet> Of(StepAction weak, ActionCache results, BlobStore blobs)
    {
        foreach (var output in results.TryGet(weak.Key)?.Outputs ?? [])
            if (blobs.TryRead(output.Digest) is { } content && PathSet.Decode(content) is { } paths)
                yield return paths;
    }

    /// <summary>Puts one before the others.</summary>
    /// <exception cref="IOException">The cache directory cannot be written.</exception>
    public static void Add(PathSet paths, StepAction weak, ActionCache results, BlobStore blobs)
    {
        var newest = blobs.Put(paths.Encode());
        var known = results.TryGet(weak.Key)?.Outputs.Select(o => o.Digest) ?? [];
        var outputs = known.Where(d => d != newest).Prepend(newest).Take(Maximum)
            .Select((digest, i) => new StepOutput($"{StepResult.PathSetPrefix}{i}", digest));
        results.Replace(new StepResult(weak, [.. outputs], [], TimeSpan.Zero));
    }
}
