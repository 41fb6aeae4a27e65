using BpfIncr.Stages.KernelFunctions;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Names each use of a symbol that nothing defines, with its place: the object only says which function it is in. What is declared as the kernel's, patch has seen to.
/// </summary>
/// <param name="module">The module.</param>
/// <param name="hasKernelFunctions">Whether the variant's kernel has functions that programs may call.</param>
internal sealed class UnresolvedLint(LlvmModule module, bool hasKernelFunctions)
{
    private readonly AttributeSet attributes = new(module.Context);

    /// <summary>Reports them.</summary>
    public void Run()
    {
        foreach (LLVMValueRef function in module.DefinedFunctions())
            foreach (LLVMValueRef instruction in LlvmModule.Instructions(function))
                foreach (LLVMValueRef symbol in LlvmModule.Operands(instruction).Where(IsUndefined))
                    if (Finding(symbol, DebugLocation.Of(instruction)) is { } finding) module.Context.Report(finding);
    }

    private Diagnostic? Finding(LLVMValueRef symbol, SourceLocation at)
    {
        string name = DebugLocation.NameOf(symbol);
        if (LlvmModule.IsOfKernel(symbol))
        {
            // A weak one is null where the kernel has none.
            bool isMissing = !hasKernelFunctions && !LLVM.LLVMIsAFunction(symbol).IsNull && LLVM.LLVMGetLinkage(symbol) != LLVMLinkage.ExternalWeak;
            return isMissing ? Missing(name).At(at) : null;
        }

        string message = $"unresolved symbol {name}, which {at.Function} needs";
        if (!LLVM.LLVMIsAFunction(symbol).IsNull && attributes.Has(symbol, "noreturn") && RustSymbol.IsStandardLibrary(LlvmModule.NameOf(symbol)))
            return Panic(message, PanicCause.Of(name, text: null)).At(at);
        return (KernelFunctionTable.Prototypes(name) is { Count: > 0 } known ? OfKernel(symbol, message, known) : Diagnostic.Error("BPFI2504", message, HintFor(name))).At(at);
    }

    private static Diagnostic Missing(string name) => Diagnostic.Error(
        "BPFI2428", $"{name} is a function of the kernel's, and the variant's kernel has none that programs may call", "use a helper, declare it as weak and ask whether it is null, or build for kernel 5.15 or newer");

    // Patch has given it no type.
    private Diagnostic OfKernel(LLVMValueRef symbol, string message, IReadOnlyList<string> known) =>
        LLVM.LLVMGetNamedMetadataNumOperands(module.Ref, "llvm.dbg.cu") == 0
            ? Diagnostic.Error("BPFI2504", message, "It is a function of the kernel's, which loaders find by its type: keep type information (\"btf\": true, or --btf of bpf-linker), and compile with debug info.")
            : Diagnostic.Error("BPFI2505", $"{LlvmModule.NameOf(symbol)} is not declared as kernels have it", $"Declare it with these parameters: {string.Join(", or ", known)}.");

    private static string HintFor(string name) => NearestName.Of(name, KernelFunctionTable.Names) is { } near
        ? $"Did you mean {near}, which kernels have? Otherwise define it, or remove the use."
        : "Define it, or remove the use. A function of the kernel's that is not known here is declared in C: with __ksym, in bitcode that is linked in.";

    private static Diagnostic Panic(string message, PanicCause cause) => Diagnostic.Error(
        "BPFI2504", $"{message} for a panic that can be reached: {cause.What}", $"{cause.Advice}, so that the compiler sees that it cannot happen; or link the core crate that the symbol is of.");

    private static bool IsUndefined(LLVMValueRef value) =>
        !LLVM.LLVMIsAGlobalObject(value).IsNull && LLVM.LLVMIsDeclaration(value) != 0 && !LlvmModule.IsReserved(LlvmModule.NameOf(value));
}
