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

    private static void CheckArguments(LlvmModule module, LLVMValueRef function)
    {
        uint count = LLVM.LLVMCountParams(function);
        if (count <= MaximumArguments || LLVM.LLVMGetLinkage(function) != LLVMLinkage.External) return;
        module.Context.Report(Diagnostic.Error(
            "BPFI2211", $"{DebugLocation.NameOf(function)} takes {count} arguments, and BPF passes at most five",
            "Pass a reference to a structure.").AtFunction(function));
    }
}
