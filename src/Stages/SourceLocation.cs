namespace BpfIncr.Stages;

/// <summary>Where in the user's source something is.</summary>
/// <param name="Function">The function that the line is a part of, demangled where possible, or null.</param>
/// <param name="File">The file as rustc recorded it, or null when no debug info tells.</param>
/// <param name="Line">Counted from 1; 0 when unknown.</param>
/// <param name="InlinedAt">The call that <paramref name="Function"/> was inlined in the place of, or null when it was not inlined.</param>
public sealed record SourceLocation(string? Function, string? File, int Line, SourceLocation? InlinedAt = null)
{
    /// <summary>It and the calls that it was inlined in the place of, from the innermost on.</summary>
    public IEnumerable<SourceLocation> Chain()
    {
        for (SourceLocation? at = this; at is not null; at = at.InlinedAt) yield return at;
    }
}
