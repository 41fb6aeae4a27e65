using BpfIncr.Orchestrator.Engine;
using BpfIncr.Stages;
using FsCheck;
using FsCheck.Xunit;

namespace BpfIncr.Orchestrator.Tests.Engine;

public sealed class DiagnosticStorageTests
{
    [Property]
    public void A_diagnostic_reads_back(bool error, NonNull<string> message, NonEmptyString hint, int line)
    {
        var full = new Diagnostic(
            error ? Severity.Error : Severity.Warning, "BPFI2013", message.Get, hint.Get, "main", "src/main.rs", line, "rendered",
            new SourceLocation("kit::get", "kit/src/lib.rs", 7, new SourceLocation("prog", null, line)));
        var bare = Diagnostic.Warning("BPFI2013", message.Get);

        Assert.Equal(full, DiagnosticStorage.Load(DiagnosticStorage.Store(full)));
        Assert.Equal(bare, DiagnosticStorage.Load(DiagnosticStorage.Store(bare)));
    }
}
