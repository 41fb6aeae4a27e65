using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Maintenance;

/// <summary>A result of the cache, as far as keeping house is concerned.</summary>
/// <param name="File">Where it is, and when it was last used.</param>
/// <param name="Kind">What it is a result of: the name of a stage, <c>crate</c>, or <see cref="CacheInventory.PathSets"/>.</param>
/// <param name="Outputs">The blobs that it names as outputs.</param>
/// <param name="Texts">Further blobs that explanations show: inputs that are nobody's output.</param>
public sealed record StoredResult(CacheFile File, string Kind, ImmutableArray<Digest> Outputs, ImmutableArray<Digest> Texts)
{
    /// <summary>Every blob that is of use because of this result.</summary>
    public IEnumerable<Digest> Blobs => Outputs.Concat(Texts);

    /// <summary>The whole of it; null when it went since it was listed.</summary>
    public StepResult? Read() => ResultFile.TryRead(File.Path);
}

/// <summary>
/// All that is in a cache directory at one moment, more or less: builds go on meanwhile. Only looks: nothing counts as used,
/// and what is damaged stays where it is.
/// </summary>
public sealed class CacheInventory
{
    /// <summary>The kind of results that list what was read for an action.</summary>
    public const string PathSets = "path sets";

    // Texts made from cargo's answers lie among the inputs under this name.
    private const string TextPrefix = "(cargo)/";

    private CacheInventory(ImmutableArray<CacheFile> files, ImmutableArray<StoredResult> results) => (Files, Results) = (files, results);

    /// <summary>Every file.</summary>
    public ImmutableArray<CacheFile> Files { get; }

    /// <summary>Every result that is sound.</summary>
    public ImmutableArray<StoredResult> Results { get; }

    /// <summary>The blobs by digest.</summary>
    public IEnumerable<CacheFile> Blobs => Files.Where(f => f.Part == CachePart.Blob);

    /// <summary>Reads every result of a versioned cache directory, and lists the rest.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CacheInventory Take(string root, CancellationToken cancellation)
    {
        var files = ImmutableArray.CreateBuilder<CacheFile>();
        foreach (var file in CacheFile.In(root))
        {
            cancellation.ThrowIfCancellationRequested();
            files.Add(file);
        }
        var results = files.Where(f => f.Part == CachePart.Result).AsParallel().AsOrdered().WithCancellation(cancellation).Select(TryRead).OfType<StoredResult>();
        return new CacheInventory(files.ToImmutable(), [.. results]);
    }

    /// <summary>What a result is a result of.</summary>
    public static string KindOf(StepResult result) => result.IsPathSets ? PathSets : result.Action.Arguments.FirstOrDefault("");

    private static StoredResult? TryRead(CacheFile file) => ResultFile.TryRead(file.Path) is { } result && result.Action.Key.Hash == file.Name
        ? new StoredResult(
            file, KindOf(result), [.. result.Outputs.Select(o => o.Digest)],
            [.. result.Action.Inputs.Files.Where(f => f.Key.StartsWith(TextPrefix, StringComparison.Ordinal)).Select(f => f.Value)])
        : null;
}
