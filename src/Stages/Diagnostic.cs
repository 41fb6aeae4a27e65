using System.Text.Json.Serialization;

namespace BpfIncr.Stages;

/// <summary>How bad a <see cref="Diagnostic"/> is. An error fails its step; a warning is shown and kept with the result.</summary>
public enum Severity
{
    /// <summary>The step failed.</summary>
    Error,

    /// <summary>The step succeeded, and a person should know this.</summary>
    Warning,
}

/// <summary>One finding of a stage: what is wrong, where, and what to do about it.</summary>
/// <param name="Severity">Whether the step failed because of it.</param>
/// <param name="Id">Stable identifier, <c>BPFI</c> and four digits; listed in <c>docs/diagnostics.md</c>.</param>
/// <param name="Message">One sentence that names the thing.</param>
/// <param name="Hint">What to do about it, or null.</param>
/// <param name="Function">The function concerned, demangled where possible, or null.</param>
/// <param name="File">The Rust source file, or null when no debug info tells.</param>
/// <param name="Line">The line in <paramref name="File"/>, counted from 1; 0 when unknown.</param>
/// <param name="Detail">A tool's own rendered text (rustc's message, a crash's output), shown as it is; or null.</param>
/// <param name="InlinedAt">The call that <paramref name="Function"/> was inlined in the place of, or null.</param>
public sealed record Diagnostic(
    Severity Severity,
    string Id,
    string Message,
    string? Hint = null,
    string? Function = null,
    string? File = null,
    int Line = 0,
    string? Detail = null,
    SourceLocation? InlinedAt = null)
{
    /// <summary>The message in one line, with the place before it.</summary>
    [JsonIgnore]
    public string Headline => File is null ? Message.Split('\n')[0] : $"{(Line > 0 ? $"{File}:{Line}" : File)}: {Message.Split('\n')[0]}";

    /// <summary>An error.</summary>
    public static Diagnostic Error(string id, string message, string? hint = null) =>
        new(Severity.Error, id, message, hint);

    /// <summary>A warning.</summary>
    public static Diagnostic Warning(string id, string message, string? hint = null) =>
        new(Severity.Warning, id, message, hint);

    /// <summary>The same finding, with its place.</summary>
    public Diagnostic At(SourceLocation place) =>
        this with { Function = place.Function, File = place.File, Line = place.Line, InlinedAt = place.InlinedAt };
}
