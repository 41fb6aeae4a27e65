using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Gives code of the standard library that was inlined the line where the user's own code calls it. An object's lines, which the verifier
/// shows in its log, do not say what was inlined where: <c>core/src/ptr/mod.rs</c> would be all that is known of many a rejected read.
/// </summary>
internal static class OwnLines
{
    /// <summary>Does it in every function.</summary>
    public static void Run(LlvmModule module)
    {
        foreach (LLVMValueRef instruction in module.DefinedFunctions().SelectMany(LlvmModule.Instructions))
            if (DebugLocation.OwnNode(instruction) is { } own) LLVM.LLVMInstructionSetDebugLoc(instruction, own);
    }
}
