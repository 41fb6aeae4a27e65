using System.Collections.Immutable;
using BpfIncr.Cache.Signing;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>What the command line and the environment say of the shared caches.</summary>
/// <param name="Text">The one that takes the place of those in <c>bpfincr.json</c>; null when nobody names one.</param>
/// <param name="IsRequired">Whether a build fails without them.</param>
internal sealed record SharedCacheOption(string? Text, bool IsRequired = false)
{
    /// <summary>The variable that names one.</summary>
    public const string Variable = "BPFINCR_SHARED_CACHE";

    private const string None = "none", ReadOnlySuffix = ":ro";

    /// <summary>
    /// Whether there is no directory before the suffix, as when a script's variable is empty. To go on with those in <c>bpfincr.json</c>
    /// could write where nothing was to be written.
    /// </summary>
    public bool LacksDirectory => Text == ReadOnlySuffix;

    /// <summary>The tiers of a build. Whose results are accepted, only the configuration says.</summary>
    public ImmutableArray<TierSettings> Choose(Settings settings) => Text switch
    {
        null => settings.SharedCaches,
        None => [],
        _ when Text.EndsWith(ReadOnlySuffix, StringComparison.Ordinal) => [Tier(Text[..^ReadOnlySuffix.Length], isReadOnly: true, settings)],
        _ => [Tier(Text, isReadOnly: false, settings)],
    };

    // What the file says of a directory counts for it also when it is named here.
    private static TierSettings Tier(string directory, bool isReadOnly, Settings settings)
    {
        var path = Path.GetFullPath(directory);
        return settings.SharedCaches.FirstOrDefault(t => t.Path.TrimEnd('/') == path.TrimEnd('/')) is { } known
            ? known with { IsReadOnly = isReadOnly }
            : TierSettings.At(path, isReadOnly) with { Signers = settings.Signers };
    }
}

/// <summary>The shared tiers of a process, from pass to pass, and what was the matter with them.</summary>
/// <param name="option">What the command line says.</param>
/// <param name="signingKey">What signs the results that are made here; null when nothing does.</param>
/// <param name="output">Where trouble is shown.</param>
internal sealed class SharedCaches(SharedCacheOption option, SigningKey? signingKey, Output output)
{
    /// <summary>The hidden command that serves a tier on its standard streams.</summary>
    public const string ServeCommand = "tier";

    private ImmutableArray<SharedTier> _tiers = [];

    /// <summary>Whether the last pass lacked a tier that it was not to be without.</summary>
    public bool Failed { get; private set; }

    /// <summary>A tier as processes of this program serve it.</summary>
    public static ICacheTier TierOf(TierSettings settings) =>
        new ProcessTier([.. Session.Program, ServeCommand, settings.IsReadOnly ? TierServer.ReadOnly : TierServer.ReadWrite, settings.Path]);

    /// <summary>The tiers for a new pass. Nothing is looked at yet.</summary>
    public IReadOnlyList<SharedTier> For(Settings settings)
    {
        Failed = false;
        var wanted = option.Choose(settings).Select(Permitted).ToList();
        if (_tiers.Select(t => t.Settings).SequenceEqual(wanted))
            foreach (var tier in _tiers)
                tier.Rearm();
        else
            _tiers = [.. wanted.Select(w => new SharedTier(w, TierOf(w), Report))];
        return _tiers;
    }

    // Where results have to be signed, those who cannot sign have nothing to write. That is how it is meant, unless they have a key or insist.
    private TierSettings Permitted(TierSettings tier)
    {
        if (tier.IsReadOnly || tier.Signers.Count == 0 || tier.Signers.Contains(signingKey?.Public.Text))
            return tier;
        if (signingKey is not null || option.IsRequired)
            Report(new TierTrouble(
                TierTroubleKind.NotASigner, tier, signingKey is null ? "it takes what its signers sign, and there is no signing key" : $"the signing key {signingKey.Public.Id} is none of its signers'"));
        return tier with { IsReadOnly = true };
    }

    /// <summary>Shows what is the matter with a tier.</summary>
    public void Report(TierTrouble trouble)
    {
        var isMissed = option.IsRequired && trouble.Kind is TierTroubleKind.Unusable or TierTroubleKind.Unwritable or TierTroubleKind.NotASigner;
        Failed |= isMissed;
        var diagnostic = TierText.Of(trouble);
        output.Show(isMissed ? diagnostic with { Severity = Severity.Error, Hint = "--shared-required was given" } : diagnostic);
    }
}
