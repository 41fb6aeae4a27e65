namespace BpfIncr.Cache.Tiers;

/// <summary>What can be the matter with a shared tier; no build fails for it.</summary>
public enum TierTroubleKind
{
    /// <summary>It cannot be reached or read: it is left alone for the rest of the pass.</summary>
    Unusable,

    /// <summary>It cannot be written: nothing more is written to it in this pass.</summary>
    Unwritable,

    /// <summary>Something in it is damaged, or not what its name says: it counts as missing.</summary>
    Damaged,

    /// <summary>Something in it is not signed by any of those whose results are accepted: it counts as missing, and so does all else of that kind.</summary>
    Untrusted,

    /// <summary>Nothing is written to it, because none of those whose results are accepted there would sign it.</summary>
    NotASigner,

    /// <summary>An action has two different outputs: the tier's stay, and so do those that were made here.</summary>
    NonDeterministic,
}

/// <summary>Something that is the matter with a shared tier.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Tier">The tier.</param>
/// <param name="Detail">What happened, or to what.</param>
public sealed record TierTrouble(TierTroubleKind Kind, TierSettings Tier, string Detail);
