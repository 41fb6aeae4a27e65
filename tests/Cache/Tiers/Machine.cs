using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Signing;
using BpfIncr.Cache.Tiers;
using BpfIncr.Cache.Tests.Actions;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Tiers;

/// <summary>A machine with a local cache of its own and some shared tiers.</summary>
internal sealed class Machine : IDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _root = new();

    public Machine(params IEnumerable<(string Path, bool IsReadOnly)> tiers)
        : this([.. tiers.Select(t => TierSettings.At(t.Path, t.IsReadOnly) with { Deadline = Deadline })], s => new DirectoryTier(s.Path))
    {
    }

    public Machine(IReadOnlyList<TierSettings> tiers, Func<TierSettings, ICacheTier> open, bool isReadOnly = false, SigningKey? signingKey = null)
    {
        Tiers = [.. tiers.Select(s => new SharedTier(s, open(s), Note))];
        Results = new ActionCache(_root.Path);
        Blobs = new BlobStore(_root.Path);
        Cache = new TieredCache(Results, Blobs, Tiers, Note, isReadOnly, signingKey);
    }

    public IReadOnlyList<SharedTier> Tiers { get; }

    public ActionCache Results { get; }

    public BlobStore Blobs { get; }

    public TieredCache Cache { get; }

    /// <summary>What was the matter, as kind and detail.</summary>
    public IReadOnlyList<TierTrouble> Troubles
    {
        get
        {
            lock (_troubles)
                return [.. _troubles];
        }
    }

    private readonly List<TierTrouble> _troubles = [];

    /// <summary>Runs a step whose first output is this text, and waits until the tiers have it.</summary>
    public async Task<StepResult> RunAsync(string output = "output", string input = "input")
    {
        Blobs.Put(System.Text.Encoding.UTF8.GetBytes(output));
        Blobs.Put("second"u8);
        var result = Cache.Add(Samples.Result(output, input));
        await Cache.FlushAsync();
        return result;
    }

    /// <summary>All files of the local cache that are content or results.</summary>
    public IReadOnlyList<string> Files() => FilesIn(_root.Path);

    /// <summary>The names of all files in a cache directory that are content or results.</summary>
    public static IReadOnlyList<string> FilesIn(string root) =>
        [.. System.IO.Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)).Order(StringComparer.Ordinal)];

    public void Dispose() => _root.Dispose();

    private void Note(TierTrouble trouble)
    {
        lock (_troubles)
            _troubles.Add(trouble);
    }

    /// <summary>Where a tier has a blob.</summary>
    public static string BlobIn(string tier, Digest digest) => Path.Combine(tier, "v1", "blobs", digest.Hash[..2], digest.Hash);

    /// <summary>Where a tier has a result.</summary>
    public static string ResultIn(string tier, Digest key) => Path.Combine(tier, "v1", "results", key.Hash[..2], key.Hash);
}
