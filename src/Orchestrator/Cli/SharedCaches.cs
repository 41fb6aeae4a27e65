using System.Collections.Immutable;
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

    /// <summary>The tiers of a build.</summary>
    public ImmutableArray<TierSettings> Choose(ImmutableArray<TierSettings> configured) => Text switch
    {
        null => configured,
        None => [],
        _ when Text.EndsWith(ReadOnlySuffix, StringComparison.Ordinal) => [Tier(Text[..^ReadOnlySuffix.Length], isReadOnly: true)],
        _ => [Tier(Text, isReadOnly: false)],
    };

    private static TierSettings Tier(string path, bool isReadOnly) => TierSettings.At(Path.GetFullPath(path), isReadOnly);
}

/// <summary>The shared tiers of a process, from pass to pass, and what was the matter with them.</summary>
/// <param name="option">What the command line says.</param>
/// <param name="output">Where trouble is shown.</param>
internal sealed class SharedCaches(SharedCacheOption option, Output output)
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
        var wanted = option.Choose(settings.SharedCaches);
        if (_tiers.Select(t => t.Settings).SequenceEqual(wanted))
            foreach (var tier in _tiers)
                tier.Rearm();
        else
            _tiers = [.. wanted.Select(w => new SharedTier(w, TierOf(w), Report))];
        return _tiers;
    }

    /// <summary>Shows what is the matter with a tier.</summary>
    public void Report(TierTrouble trouble)
    {
        var isMissed = option.IsRequired && trouble.Kind is TierTroubleKind.Unusable or TierTroubleKind.Unwritable;
        Failed |= isMissed;
        var diagnostic = TierText.Of(trouble);
        output.Show(isMissed ? diagnostic with { Severity = Severity.Error, Hint = "--shared-required was given" } : diagnostic);
    }
}
