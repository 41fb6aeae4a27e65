using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Names each use of data that is there before the program runs: kernels before 5.2 have none, and loaders refuse it only at a user's machine.</summary>
internal sealed class GlobalDataLint(LlvmModule module)
{
    private static readonly string[] DataSections = [".data", ".rodata", ".bss"];

    /// <summary>Reports them.</summary>
    public void Run()
    {
        foreach (LLVMValueRef function in module.DefinedFunctions())
            foreach (LLVMValueRef instruction in LlvmModule.Instructions(function))
                foreach (LLVMValueRef data in LlvmModule.Operands(instruction).Where(IsData))
                    module.Context.Report(Use(data, instruction));
    }

    private static Diagnostic Use(LLVMValueRef data, LLVMValueRef instruction)
    {
        string symbol = LlvmModule.NameOf(data);
        // Those that compilers make, of literals, have names that nobody knows.
        string what = LLVM.LLVMGetLinkage(data) == LLVMLinkage.Private || symbol.StartsWith("anon.", StringComparison.Ordinal)
            ? "a constant whose address is taken" : RustSymbol.Demangle(symbol);
        SourceLocation? at = SourceLocation.Of(instruction);
        return Diagnostic.Error(
            "BPFI2424", $"{what} is global data, which the variant's kernel does not have",
            $"keep it in a map, or build for kernel 5.4 or newer; a constant is put on the stack if it has no more than {StackConstants.MaximumBytes} bytes, is not returned, and no variable is its index") with
        {
            Function = RustSymbol.Demangle(LlvmModule.NameOf(LlvmModule.FunctionOf(instruction))), File = at?.File, Line = at?.Line ?? 0,
        };
    }

    private static unsafe bool IsData(LLVMValueRef value)
    {
        if (LLVM.LLVMIsAGlobalVariable(value).IsNull) return false;
        string section = LlvmText.Borrow(LLVM.LLVMGetSection(value));
        return section.Length == 0 || DataSections.Any(name => section.StartsWith(name, StringComparison.Ordinal));
    }
}
