using System.Globalization;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What kind of fact made a step something else than a repetition.</summary>
internal enum ReasonKind
{
    /// <summary>An ingredient of its key has another value.</summary>
    Ingredient,

    /// <summary>Its key is another one, and what it was made of before can no longer be looked up.</summary>
    Incomparable,

    /// <summary>Nothing is remembered of it.</summary>
    FirstTime,

    /// <summary>Its key is the one of before, and the cache has lost the result.</summary>
    ResultLost,

    /// <summary>Its key is the one of before, and the cache has lost an output that was needed.</summary>
    OutputLost,

    /// <summary>What rustc reads cannot be foretold.</summary>
    ReadsUnknown,

    /// <summary>What rustc reads is known, and nothing was ever made of such content.</summary>
    NoMatch,

    /// <summary>A source changed while rustc was at work.</summary>
    SourcesChanged,

    /// <summary>Cargo took something for fresh that was not.</summary>
    StaleUnit,
}

/// <summary>One fact that made a step something else than a repetition of what it was in the previous pass.</summary>
/// <param name="Kind">What kind of fact.</param>
/// <param name="Name">What it is about: a file, an option, a <c>$VARIABLE</c>, an identity, or a key.</param>
/// <param name="Before">The value then; null when there was none.</param>
/// <param name="Now">The value now; null when there is none.</param>
internal sealed record Reason(ReasonKind Kind, string Name, string? Before = null, string? Now = null)
{
    /// <summary>What <see cref="Now"/> is for what was looked for in the cache.</summary>
    public const string Found = "found", Missing = "missing", Damaged = "damaged";

    /// <summary>An ingredient differs.</summary>
    public static Reason Ingredient(string name, string? before, string? now) => new(ReasonKind.Ingredient, name, before, now);

    /// <summary>The key differs, and that is all that can be said.</summary>
    public static Reason Incomparable(Digest before, Digest now) => new(ReasonKind.Incomparable, "key", before.Short, now.Short);

    /// <summary>Nothing is remembered; the action cache may have had the result all the same. Before rustc has run, its key may not be known.</summary>
    public static Reason FirstTime(Digest? key, bool found) => new(ReasonKind.FirstTime, key?.Short ?? "", Now: found ? Found : Missing);

    /// <summary>The result of this very key is gone.</summary>
    public static Reason ResultLost(Digest key, bool damaged) => new(ReasonKind.ResultLost, key.Short, Now: damaged ? Damaged : Missing);

    /// <summary>An output is gone.</summary>
    public static Reason OutputLost(string name, Digest digest, bool damaged) =>
        new(ReasonKind.OutputLost, name, digest.Short, damaged ? Damaged : Missing);

    /// <summary>No path set is stored under a weak key.</summary>
    public static Reason ReadsUnknown(Digest weak) => new(ReasonKind.ReadsUnknown, weak.Short);

    /// <summary>No path set of a weak key leads to a result.</summary>
    public static Reason NoMatch(Digest weak, int pathSets) =>
        new(ReasonKind.NoMatch, weak.Short, Now: pathSets.ToString(CultureInfo.InvariantCulture));

    /// <summary>Rustc may have read what is no longer there.</summary>
    public static Reason SourcesChanged() => new(ReasonKind.SourcesChanged, "sources");

    /// <summary>Cargo goes by times, and these packages have changed under an old one.</summary>
    public static Reason StaleUnit(IEnumerable<string> packages) => new(ReasonKind.StaleUnit, string.Join(", ", packages));
}
