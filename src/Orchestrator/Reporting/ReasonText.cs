using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>Reasons in words, each on one line.</summary>
internal static class ReasonText
{
    private const int Long = 120, Context = 24;

    /// <summary>One reason.</summary>
    public static string Of(Reason reason) => reason.Kind switch
    {
        ReasonKind.Ingredient => Ingredient(reason),
        ReasonKind.Incomparable =>
            $"its key is another one ({reason.Before} -> {reason.Now}); the result of before is no longer in the cache, so that what differs cannot be said",
        ReasonKind.FirstTime when reason.Name.Length == 0 => "never asked for here before",
        ReasonKind.FirstTime when reason.Now == Reason.Found => $"never asked for here before; the cache had the result of its key {reason.Name}",
        ReasonKind.FirstTime => $"never asked for here before, and the cache has no result for its key {reason.Name}",
        ReasonKind.ResultLost => $"the result of before {Loss(reason)} (key {reason.Name})",
        ReasonKind.OutputLost => $"{reason.Name} of before ({reason.Before}) {Loss(reason)}",
        ReasonKind.ReadsUnknown => $"what rustc reads for its weak key {reason.Name} is not known",
        ReasonKind.NoMatch when reason.Now == "1" => $"the sources that rustc is known to read for its weak key {reason.Name} were never compiled with this content",
        ReasonKind.NoMatch => $"none of the {reason.Now} sets of sources that rustc is known to read for its weak key {reason.Name} was ever compiled with this content",
        ReasonKind.SourcesChanged => "its sources changed while rustc was at work, so that it was asked again",
        ReasonKind.StaleUnit => $"cargo took {reason.Name} for fresh although it had changed, so that it was cleaned and asked again",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    private static string Loss(Reason reason) => reason.Now == Reason.Damaged ? "was damaged in the cache" : "is no longer in the cache";

    private static string Ingredient(Reason reason)
    {
        var (before, now) = Shorten(reason.Before, reason.Now);
        return (before, now) switch
        {
            (null, _) => $"{Printable(reason.Name)} is new: {Printable(now!)}",
            (_, null) => $"{Printable(reason.Name)} is gone: {Printable(before)}",
            _ => $"{Printable(reason.Name)}: {Printable(before)} -> {Printable(now)}",
        };
    }

    // Of two long values only where they part is worth reading.
    private static (string? Before, string? Now) Shorten(string? before, string? now)
    {
        if (Math.Max(before?.Length ?? 0, now?.Length ?? 0) <= Long)
            return (before, now);
        if (before is null || now is null)
            return (Cut(before, 0, 0), Cut(now, 0, 0));
        var prefix = before.AsSpan().CommonPrefixLength(now);
        var suffix = 0;
        while (suffix < Math.Min(before.Length, now.Length) - prefix && before[^(suffix + 1)] == now[^(suffix + 1)])
            suffix++;
        return (Cut(before, prefix, suffix), Cut(now, prefix, suffix));
    }

    private static string? Cut(string? text, int prefix, int suffix)
    {
        if (text is null)
            return null;
        var from = Math.Max(0, prefix - Context);
        var to = Math.Min(Math.Min(text.Length, text.Length - suffix + Context), from + Long);
        return $"{(from > 0 ? "…" : "")}{text[from..to]}{(to < text.Length ? "…" : "")}";
    }

    // A value may hold line breaks and worse; a reason is one line.
    private static string Printable(string text) => text.Length == 0
        ? "(empty)"
        : string.Concat(text.Select(c => c == '\n' ? "\\n" : char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));
}
