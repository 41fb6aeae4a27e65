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
    };

    public static Diagnostic Load(StoredDiagnostic stored) => new(
        stored.IsError ? Severity.Error : Severity.Warning,
        stored.Id,
        stored.Message,
        NullIfEmpty(stored.Hint),
        NullIfEmpty(stored.Function),
        NullIfEmpty(stored.File),
        stored.Line,
        NullIfEmpty(stored.Detail));

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
