using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BpfIncr.Stages.Llvm;

/// <summary>
/// A context that collects what LLVM reports. Without its handler LLVM would end the process on an error; with it,
/// LLVM goes on and may still hand out a plausible result, so every stage asks <see cref="Diagnostics"/> in the end.
/// </summary>
internal sealed unsafe class LlvmContext : IDisposable
{
    private readonly GCHandle self;
    private readonly List<Diagnostic> diagnostics = [];
    private readonly string errorId;
    private bool disposed;

    /// <param name="errorId">The identifier that errors reported by LLVM itself get.</param>
    public LlvmContext(string errorId)
    {
        this.errorId = errorId;
        Ref = LLVM.LLVMContextCreate();
        self = GCHandle.Alloc(this);
        LLVM.LLVMContextSetDiagnosticHandler(Ref, &OnDiagnostic, (void*)GCHandle.ToIntPtr(self));
    }

    /// <summary>LLVM's handle.</summary>
    public LLVMContextRef Ref { get; }

    /// <summary>Everything LLVM reported of severity error or warning, without repetitions.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => diagnostics;

    /// <summary>Whether an error was reported.</summary>
    public bool Failed => diagnostics.Exists(static diagnostic => diagnostic.Severity == Severity.Error);

    /// <summary>Reads a whole module; null when it is not valid, and then there is a diagnostic that says so.</summary>
    public LlvmModule? ParseBitcode(ReadOnlySpan<byte> bitcode, string name)
    {
        LLVMMemoryBufferRef buffer = CreateBuffer(bitcode);
        int failed = LLVM.LLVMParseBitcodeInContext2(Ref, buffer, out LLVMModuleRef module);
        LLVM.LLVMDisposeMemoryBuffer(buffer);
        return Opened(failed, module, name);
    }

    /// <summary>Reads a module's text; null when it is not valid, and then there is a diagnostic that says so.</summary>
    public LlvmModule? ParseUserText(ReadOnlySpan<byte> content, string name)
    {
        int failed = LLVM.LLVMParseIRInContext(Ref, CreateBuffer(content), out LLVMModuleRef module, out byte* message);
        if (failed == 0) return new LlvmModule(this, module);
        Report(Diagnostic.Error(errorId, $"{name} is neither bitcode nor valid text of LLVM") with { Detail = LlvmText.Take(message) });
        return null;
    }

    /// <summary>Reads a module's symbols now and each body only when it is needed.</summary>
    public LlvmModule? OpenLazily(ReadOnlySpan<byte> bitcode, string name)
    {
        // On success the module owns the buffer; on failure LLVM has freed it.
        int failed = LLVM.LLVMGetBitcodeModuleInContext2(Ref, CreateBuffer(bitcode), out LLVMModuleRef module);
        return Opened(failed, module, name);
    }

    /// <summary>A module with nothing in it.</summary>
    public LlvmModule CreateModule() => new(this, LLVM.LLVMModuleCreateWithNameInContext("", Ref));

    /// <summary>Parses textual IR that this project wrote itself.</summary>
    /// <exception cref="InvalidOperationException">The text is not valid IR.</exception>
    public LlvmModule ParseText(ReadOnlySpan<byte> text)
    {
        int failed = LLVM.LLVMParseIRInContext(Ref, CreateBuffer(text), out LLVMModuleRef module, out byte* message);
        if (failed != 0) throw new InvalidOperationException(LlvmText.Take(message));
        return new LlvmModule(this, module);
    }

    /// <summary>Adds a finding of a stage to those of LLVM.</summary>
    public void Report(Diagnostic diagnostic)
    {
        if (!diagnostics.Contains(diagnostic)) diagnostics.Add(diagnostic);
    }

    /// <summary>Replaces findings by others that say more.</summary>
    public void Refine(Func<Diagnostic, Diagnostic> refine)
    {
        for (int i = 0; i < diagnostics.Count; i++) diagnostics[i] = refine(diagnostics[i]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        LLVM.LLVMContextDispose(Ref);
        self.Free();
    }

    private LlvmModule? Opened(int failed, LLVMModuleRef module, string name)
    {
        if (failed == 0) return new LlvmModule(this, module);
        if (!Failed) Report(Diagnostic.Error(errorId, $"{name} is not valid LLVM bitcode"));
        return null;
    }

    private static LLVMMemoryBufferRef CreateBuffer(ReadOnlySpan<byte> data)
    {
        byte name = 0;
        byte nothing = 0;
        fixed (byte* start = data)
            return LLVM.LLVMCreateMemoryBufferWithMemoryRangeCopy(start is null ? &nothing : start, (nuint)data.Length, &name);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDiagnostic(LLVMDiagnosticInfoRef info, void* state)
    {
        var context = (LlvmContext)GCHandle.FromIntPtr((nint)state).Target!;
        LLVMDiagnosticSeverity severity = LLVM.LLVMGetDiagInfoSeverity(info);
        if (severity > LLVMDiagnosticSeverity.Warning) return;
        string text = LlvmText.Take(LLVM.LLVMGetDiagInfoDescription(info));
        context.Report(LlvmDiagnostics.Translate(
            severity == LLVMDiagnosticSeverity.Error ? Severity.Error : Severity.Warning, context.errorId, text));
    }
}
