using System.Text.Json.Serialization;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Maintenance;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>Where a cache is.</summary>
internal sealed record CachePathJson(string Directory);

/// <summary>What is in a cache, and what it saved.</summary>
internal sealed record CacheStatsJson(
    string Directory, long Bytes, int Results, int Blobs, DateTime? OldestUse, DateTime? NewestUse,
    IReadOnlyList<SpaceJson> Space, IReadOnlyList<UseJson> Uses)
{
    /// <summary>The view of statistics.</summary>
    public static CacheStatsJson Of(string directory, CacheStatistics statistics, IEnumerable<UseCount> uses) => new(
        directory, statistics.Space, statistics.Results, statistics.Blobs, statistics.Oldest, statistics.Newest,
        [.. statistics.Kinds.Select(k => new SpaceJson(k.Kind, k.Files, k.Space))],
        [.. uses.Select(u => new UseJson(u.Stage, u.Tier, u.Hits, u.Saved.TotalMilliseconds, u.Runs, u.Spent.TotalMilliseconds, u.Since))]);
}

/// <summary>What takes space.</summary>
internal sealed record SpaceJson(string Kind, int Files, long Bytes);

/// <summary>What was found and what ran.</summary>
internal sealed record UseJson(string Stage, string Tier, long Hits, double SavedMilliseconds, long Runs, double RunMilliseconds, DateTime Since);

/// <summary>What a collection removed.</summary>
internal sealed record CollectionJson(
    bool DryRun, int Results, int Blobs, int Others, long FreedBytes, long LeftBytes, long? MaxSize, double? MaxAgeSeconds)
{
    /// <summary>The view of a collection.</summary>
    public static CollectionJson Of(CollectionReport collection, CacheLimits limits, bool dryRun) => new(
        dryRun, collection.Results, collection.Blobs, collection.Others, collection.Freed, collection.Left, limits.MaxSize, limits.MaxAge?.TotalSeconds);
}

/// <summary>What a verification found.</summary>
internal sealed record VerificationJson(
    int Blobs, int Results, long Bytes, IReadOnlyList<string> Damaged, IReadOnlyList<string> Untrusted, int IncompleteResults, bool IndexReplaced)
{
    /// <summary>The view of a verification.</summary>
    public static VerificationJson Of(CacheVerification verification, bool indexReplaced) => new(
        verification.Blobs, verification.Results, verification.Bytes, verification.Damaged, verification.Untrusted, verification.Incomplete, indexReplaced);
}

/// <summary>What went into a bundle.</summary>
internal sealed record ExportJson(string File, int Results, int Blobs, long Bytes, long FileBytes, int MissingOutputs);

/// <summary>What came out of a bundle.</summary>
internal sealed record ImportJson(int Results, int Blobs, int Known, long Bytes);

/// <summary>How an object came to be, the last step first.</summary>
internal sealed record ProvenanceJson(string Sha256, long Size, IReadOnlyList<ProvenanceStepJson> Steps)
{
    /// <summary>The view of a provenance.</summary>
    public static ProvenanceJson Of(Digest digest, IEnumerable<ProvenanceStep> steps) => new(digest.Hash, digest.Size, [.. steps.Select(s => ProvenanceStepJson.Of(s))]);
}

/// <summary>A step on the way.</summary>
internal sealed record ProvenanceStepJson(
    string Stage, string Key, DateTime? Completed, double Milliseconds, int OthersWithSameOutput, IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment, IReadOnlyDictionary<string, string> Properties, string Universe,
    IReadOnlyDictionary<string, string> Inputs, IReadOnlyDictionary<string, string> Outputs)
{
    /// <summary>The view of a step.</summary>
    public static ProvenanceStepJson Of(ProvenanceStep step)
    {
        var (result, action) = (step.Result, step.Result.Action);
        return new ProvenanceStepJson(
            CacheInventory.KindOf(result), action.Key.Hash, result.Completed, result.Elapsed.TotalMilliseconds, step.Others, action.Arguments,
            action.Environment.ToDictionary(), action.Properties.ToDictionary(), action.Universe,
            action.Inputs.Files.ToDictionary(f => f.Key, f => f.Value.Hash), result.Outputs.ToDictionary(o => o.Name, o => o.Digest.Hash));
    }
}

/// <summary>The pins of a cache.</summary>
internal sealed record PinsJson(IReadOnlyList<PinJson> Pins)
{
    /// <summary>The view of pins.</summary>
    public static PinsJson Of(CachePins pins) => new([.. pins.All().Select(p => new PinJson(p.Name, p.Results))]);
}

/// <summary>A pin.</summary>
internal sealed record PinJson(string Name, int Results);

/// <summary>What the commands of <c>cache</c> print with <c>--json</c>; <c>docs/json.md</c> describes it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CachePathJson))]
[JsonSerializable(typeof(CacheStatsJson))]
[JsonSerializable(typeof(CollectionJson))]
[JsonSerializable(typeof(ExportJson))]
[JsonSerializable(typeof(ImportJson))]
[JsonSerializable(typeof(PinsJson))]
[JsonSerializable(typeof(ProvenanceJson))]
[JsonSerializable(typeof(VerificationJson))]
internal sealed partial class CacheJson : JsonSerializerContext
{
    /// <summary>The text of one of the objects.</summary>
    public static string Of<T>(T view) where T : notnull => JsonText.Of(view, Default.GetTypeInfo(typeof(T))!);
}
