using BpfIncr.Cache.Actions.Proto;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>Diagnostics as results keep them, so that a warning is shown again when its step's result is used.</summary>
internal static class DiagnosticStorage
{
    public static StoredDiagnostic Store(Diagnostic diagnostic) => new()
    {
        IsError = diagnostic.Severity == Severity.Error,
        Id = diagnostic.Id,
        Message = diagnostic.Message,
        Hint = diagnostic.Hint ?? "",
        Function = diagnostic.Function ?? "",
        File = diagnostic.File ?? "",
        Line = diagnostic.Line,
        Detail = diagnostic.Detail ?? "",
        InlinedAt = { diagnostic.InlinedAt?.Chain().Select(Store) ?? [] },
    };

    public static Diagnostic Load(StoredDiagnostic stored) => new(
        stored.IsError ? Severity.Error : Severity.Warning,
        stored.Id,
        stored.Message,
        NullIfEmpty(stored.Hint),
        NullIfEmpty(stored.Function),
        NullIfEmpty(stored.File),
        stored.Line,
        NullIfEmpty(stored.Detail),
        stored.InlinedAt.Reverse().Aggregate<StoredPlace, SourceLocation?>(
            null, (outer, place) => new SourceLocation(NullIfEmpty(place.Function), NullIfEmpty(place.File), place.Line, outer)));

    private static StoredPlace Store(SourceLocation place) => new() { Function = place.Function ?? "", File = place.File ?? "", Line = place.Line };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
