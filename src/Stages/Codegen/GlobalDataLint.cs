using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Names each use of data that is there before the program runs: kernels before 5.2 have none, and loaders refuse it only at a user's machine;
/// nor can <c>tc</c> relocate that which has no name in the object.
/// </summary>
/// <param name="module">The module.</param>
/// <param name="hasKernelData">Whether the kernel has such data.</param>
internal sealed class GlobalDataLint(LlvmModule module, bool hasKernelData)
{
    private static readonly string[] DataSections = [".data", ".rodata", ".bss"];

    /// <summary>Reports them.</summary>
    public void Run()
    {
        foreach (LLVMValueRef function in module.DefinedFunctions().Where(function => !hasKernelData || BtfReduction.IsForTc(function)))
            foreach (LLVMValueRef instruction in LlvmModule.Instructions(function))
                foreach (LLVMValueRef data in LlvmModule.Operands(instruction).Where(IsData))
                    if (!hasKernelData) module.Context.Report(Use(data, instruction));
                    else if (LLVM.LLVMGetLinkage(data) is LLVMLinkage.Private or LLVMLinkage.Internal) module.Context.Report(UseForTc(data, instruction));
    }

    private static Diagnostic UseForTc(LLVMValueRef data, LLVMValueRef instruction) =>
        Diagnostic.Error("BPFI2422", $"{Describe(data)} is constant data, which tc cannot relocate", BtfReduction.DataHint).At(instruction);

    private static Diagnostic Use(LLVMValueRef data, LLVMValueRef instruction) => Diagnostic.Error(
        "BPFI2424", $"{Describe(data)} is global data, which the variant's kernel does not have",
        LLVM.LLVMIsGlobalConstant(data) == 0 ? "keep it in a map, or build for kernel 5.4 or newer"
        : $"keep it in a map, or build for kernel 5.4 or newer; a constant that is no static is put on the stack if it has no more than {StackConstants.MaximumBytes} bytes, does not leave its function, and no variable is its index").At(instruction);

    private static string Describe(LLVMValueRef data)
    {
        string symbol = LlvmModule.NameOf(data);
        // Those that compilers make, of literals, have names that nobody knows.
        return LLVM.LLVMGetLinkage(data) == LLVMLinkage.Private || symbol.StartsWith("anon.", StringComparison.Ordinal)
            ? "a constant whose address is taken" : RustSymbol.Demangle(symbol);
    }

    private static unsafe bool IsData(LLVMValueRef value)
    {
        if (!LLVM.LLVMIsAGlobalAlias(value).IsNull) return IsData(LLVM.LLVMAliasGetAliasee(value));
        if (LLVM.LLVMIsAGlobalVariable(value).IsNull) return false;
        string section = LlvmText.Borrow(LLVM.LLVMGetSection(value));
        return section.Length == 0 || DataSections.Any(name => section.StartsWith(name, StringComparison.Ordinal));
    }
}
