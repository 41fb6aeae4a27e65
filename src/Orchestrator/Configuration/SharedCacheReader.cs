using System.Collections.Immutable;
using BpfIncr.Cache.Tiers;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>Reads what <c>bpfincr.json</c> says of caches that are shared with other machines.</summary>
internal static class SharedCacheReader
{
    /// <summary>The caches in their order.</summary>
    /// <param name="cache">The member that has them; null when there is none.</param>
    /// <param name="directory">Where relative paths start.</param>
    /// <param name="signers">Whose results are accepted where nothing is said.</param>
    public static ImmutableArray<TierSettings> Tiers(ObjectReader? cache, string directory, IReadOnlyList<string> signers) =>
        [.. (cache?.Objects("shared", "a shared cache") ?? []).Select(t => Tier(t, directory, signers)).OfType<TierSettings>()];

    /// <summary>The public keys that are named, each by its file or by itself; null when nothing is said.</summary>
    public static IReadOnlyList<string>? Signers(ObjectReader? reader, string directory) =>
        reader?.Texts("signers") is { } named ? [.. named.Select(n => Signer(reader, n, directory)).OfType<string>().Distinct(StringComparer.Ordinal)] : null;

    private static TierSettings? Tier(ObjectReader reader, string directory, IReadOnlyList<string> signers)
    {
        var (path, mode, name, deadline) = (reader.Text("path"), reader.Choice<TierMode>("mode"), reader.Text("name"), reader.Seconds("deadline"));
        var own = Signers(reader, directory);
        reader.End();
        if (string.IsNullOrEmpty(path))
        {
            reader.Wrong(reader.Position, $"{reader.What} has no \"path\"", "name its directory");
            return null;
        }
        var tier = TierSettings.At(Path.GetFullPath(path, directory), mode == TierMode.ReadOnly);
        return tier with { Name = name ?? tier.Name, Deadline = deadline ?? tier.Deadline, Signers = own ?? signers };
    }

    private static string? Signer(ObjectReader reader, string named, string directory)
    {
        var (key, why) = SignerText.Read(named, directory);
        if (key is null)
            reader.Wrong(reader.Take("signers")!.Position, why, SignerText.Hint);
        return key?.Text;
    }

    private enum TierMode
    {
        ReadWrite,
        ReadOnly,
    }
}
