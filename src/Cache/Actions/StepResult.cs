using System.Collections.Immutable;
using BpfIncr.Cache.Actions.Proto;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Actions;

/// <summary>One output of a step: the name the action gives it, and its content.</summary>
/// <param name="Name">Relative name, as in the action.</param>
/// <param name="Digest">Its content, in the blob store.</param>
public readonly record struct StepOutput(string Name, Digest Digest);

/// <summary>What a step gave: an action result. Only successes become one; a failure is never stored.</summary>
/// <param name="Action">The action that was run.</param>
/// <param name="Outputs">Its outputs in the order of their names.</param>
/// <param name="Diagnostics">Warnings to show again when the result is used.</param>
/// <param name="Elapsed">How long it took where it was run.</param>
public sealed record StepResult(
    StepAction Action,
    ImmutableArray<StepOutput> Outputs,
    ImmutableArray<StoredDiagnostic> Diagnostics,
    TimeSpan Elapsed)
{
    /// <summary>When it was finished (UTC); null when that is now, or nobody knows.</summary>
    public DateTime? Completed { get; init; }

    /// <summary>Whether somebody has signed it. Who that is, is for the readers of a shared cache to check, and of no meaning to anybody else.</summary>
    public bool IsSigned => SignedFile is not null;

    /// <summary>The bytes that are signed, with the signature, as its file has them. They are kept, for nobody can make them again.</summary>
    internal byte[]? SignedFile { get; init; }

    /// <summary>
    /// Whether it is that of a weak action: it lists the path sets that were seen for it, as outputs <c>path-sets/0</c> and on.
    /// </summary>
    public bool IsPathSets => Outputs.Length > 0 && Outputs.All(o => o.Name.StartsWith(PathSetPrefix, StringComparison.Ordinal));

    /// <summary>The result of a weak action: path sets, and behind them those that are known, as many as are kept.</summary>
    /// <param name="weak">The weak action.</param>
    /// <param name="newest">Path sets, the newest first.</param>
    /// <param name="known">The result that there is; null when there is none.</param>
    public static StepResult OfPathSets(StepAction weak, IEnumerable<Digest> newest, StepResult? known)
    {
        var digests = newest.Concat(known?.Outputs.Select(o => o.Digest) ?? []).Distinct().Take(MaximumPathSets);
        return new StepResult(weak, [.. digests.Select((digest, i) => new StepOutput($"{PathSetPrefix}{i}", digest))], [], TimeSpan.Zero);
    }

    private const string PathSetPrefix = "path-sets/";
    private const int MaximumPathSets = 8;

    /// <summary>Whether it has an output of that name. Of a result that somebody else has written nobody knows.</summary>
    public bool Has(string name) => Outputs.Any(o => o.Name == name);

    /// <summary>The output of that name.</summary>
    public Digest Output(string name) => Outputs.First(o => o.Name == name).Digest;

    /// <summary>One digest for all outputs: two results with the same one are interchangeable for the steps behind them.</summary>
    public Digest Identity =>
        Digest.OfText(string.Join('\n', Outputs.Select(o => $"{o.Name} {o.Digest}")));
}
