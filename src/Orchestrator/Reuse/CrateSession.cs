using System.Text.Json;
using System.Text.Json.Serialization;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>
/// What the processes that cargo starts in the place of rustc have to know of the build that they belong to. It comes to
/// them through the environment.
/// </summary>
/// <param name="Cache">The versioned cache directory.</param>
/// <param name="Tiers">The shared tiers that are in use.</param>
/// <param name="Workspace">The Cargo workspace's root.</param>
/// <param name="Target">Cargo's target directory.</param>
/// <param name="CargoHome">Where the sources of registries lie.</param>
/// <param name="Sysroot">Where the toolchain lies.</param>
/// <param name="Toolchain">The identity of the toolchain.</param>
/// <param name="Compiler">The identity of the toolchain without its libraries for probes.</param>
/// <param name="Host">The identity of what links programs for this machine.</param>
/// <param name="Universe">Free text of the configuration.</param>
/// <param name="Inputs">Declared inputs: what a proc macro may read without telling anyone.</param>
/// <param name="Variables">Names of declared variables.</param>
/// <param name="Log">The directory that outcomes are put into.</param>
internal sealed record CrateSession(
    string Cache,
    IReadOnlyList<TierSettings> Tiers,
    string Workspace,
    string Target,
    string CargoHome,
    string Sysroot,
    string Toolchain,
    string Compiler,
    string Host,
    string Universe,
    IReadOnlyDictionary<string, string> Inputs,
    IReadOnlyList<string> Variables,
    string Log)
{
    /// <summary>The text for the environment.</summary>
    public string Encode() => JsonSerializer.Serialize(this, CrateJson.Default.CrateSession);

    /// <summary>Reads <see cref="Encode"/> back; null when there is none.</summary>
    public static CrateSession? Decode(string? text)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, CrateJson.Default.CrateSession);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The tiers that no process of this build has found unusable.</summary>
    public IEnumerable<TierSettings> TiersInUse() => Tiers.Where(t => !File.Exists(OffMark(t)));

    /// <summary>Lets the processes that start later do without a tier.</summary>
    /// <exception cref="IOException">The log cannot be written.</exception>
    public void TurnOff(TierSettings tier)
    {
        Directory.CreateDirectory(Log);
        File.WriteAllText(OffMark(tier), "");
    }

    private string OffMark(TierSettings tier) => Path.Combine(Log, $"off-{Tiers.ToList().IndexOf(tier)}");

    /// <summary>Declared inputs with their digests.</summary>
    public IEnumerable<KeyValuePair<string, Digest>> InputDigests()
    {
        foreach (var (name, text) in Inputs)
            if (Digest.TryParse(text, out var digest))
                yield return new(name, digest);
    }
}

/// <summary>What became of one crate of a build.</summary>
/// <param name="Package">Its package.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Compiled">Whether rustc ran; else the outputs came from the cache.</param>
/// <param name="Elapsed">How long rustc ran; zero when it did not.</param>
/// <param name="Reasons">What differs from the crate that was here before.</param>
/// <param name="Damaged">What was found damaged in the cache.</param>
/// <param name="Troubles">What was the matter with shared tiers.</param>
internal sealed record CrateOutcome(
    string Package,
    string Kind,
    bool Compiled,
    TimeSpan Elapsed,
    IReadOnlyList<Reason> Reasons,
    IReadOnlyList<string> Damaged,
    IReadOnlyList<TierTrouble> Troubles)
{
    /// <summary>How long rustc had run where the outputs were made; zero when it ran now.</summary>
    public TimeSpan Saved { get; init; }

    /// <summary>The shared tier that had it; null when it came from nowhere else.</summary>
    public string? Tier { get; init; }

    /// <summary>What was stored in the local cache; null when nothing was.</summary>
    public StoredCrate? Stored { get; init; }

    /// <summary>Adds it to a log that other processes add to at the same moment: a file each.</summary>
    /// <exception cref="IOException">The log cannot be written.</exception>
    public void AddTo(string log)
    {
        Directory.CreateDirectory(log);
        File.WriteAllBytes(Path.Combine(log, $"{DateTime.UtcNow.Ticks:x16}-{Environment.ProcessId}"), JsonSerializer.SerializeToUtf8Bytes(this, CrateJson.Default.CrateOutcome));
    }

    /// <summary>The outcomes in a log, oldest first; none when there is no log.</summary>
    public static IEnumerable<CrateOutcome> ReadAll(string log)
    {
        foreach (var file in Directory.Exists(log) ? Directory.GetFiles(log).Order(StringComparer.Ordinal).ToArray() : [])
            if (Decode(File.ReadAllText(file)) is { } outcome)
                yield return outcome;
    }

    // Null while it is being written.
    private static CrateOutcome? Decode(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, CrateJson.Default.CrateOutcome);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A crate that was compiled and stored.</summary>
/// <param name="Key">Its action key.</param>
/// <param name="WeakKey">The key of what was known before rustc ran.</param>
internal sealed record StoredCrate(string Key, string WeakKey);

[JsonSerializable(typeof(CrateSession))]
[JsonSerializable(typeof(CrateOutcome))]
internal sealed partial class CrateJson : JsonSerializerContext;
