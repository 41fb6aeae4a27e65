using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>Refuses what no later stage could make loadable, while the functions still have their own names.</summary>
internal static class PatchLints
{
    private const int MaximumArguments = 5;

    public static void Run(LlvmModule module, PatchOptions options)
    {
        foreach (LLVMValueRef function in module.DefinedFunctions()) CheckArguments(module, function);
        // Otherwise the optimizer may make a loop of it.
        if (options.Inline == InlinePolicy.All) RecursionCheck.Run(module);
    }

    /// <summary>
    /// Refuses names that the optimize stage gives to functions of its own: it would take the program's for them. One that nobody outside knows gets
    /// another, as bitcode that has been through that stage before may have some.
    /// </summary>
    public static void CheckNames(LlvmModule module)
    {
        foreach (LLVMValueRef symbol in module.Symbols().Where(static symbol => LlvmModule.NameOf(symbol).StartsWith(OperationReplacer.Prefix, StringComparison.Ordinal)))
        {
            string name = LlvmModule.NameOf(symbol);
            if (LLVM.LLVMGetLinkage(symbol) is LLVMLinkage.Internal or LLVMLinkage.Private)
            {
                LlvmModule.Rename(symbol, $"earlier.{name}");
                continue;
            }

            Diagnostic finding = Diagnostic.Error(
                "BPFI2214", $"{name} has a name that is reserved", $"Names that begin with {OperationReplacer.Prefix} are those of bpfincr's own functions: choose another.");
            module.Context.Report(LLVM.LLVMIsAFunction(symbol).IsNull ? finding : finding.AtFunction(symbol));
        }
    }

    private static void CheckArguments(LlvmModule module, LLVMValueRef function)
    {
        uint count = LLVM.LLVMCountParams(function);
        if (count <= MaximumArguments || LLVM.LLVMGetLinkage(function) != LLVMLinkage.External) return;
        module.Context.Report(Diagnostic.Error(
            "BPFI2211", $"{DebugLocation.NameOf(function)} takes {count} arguments, and BPF passes at most five",
            "Pass a reference to a structure.").AtFunction(function));
    }
}
