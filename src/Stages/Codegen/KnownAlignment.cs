using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Tells codegen how loads and stores are aligned where more is known than rustc promises of bytes. Codegen makes single bytes of a word
/// that may lie anywhere.
/// </summary>
internal static class KnownAlignment
{
    /// <summary>Aligns what can be aligned.</summary>
    public static void Run(LlvmModule module)
    {
        var words = new MemoryWords(module);
        foreach (LLVMValueRef access in module.DefinedFunctions().SelectMany(LlvmModule.Instructions))
        {
            LLVMOpcode opcode = LLVM.LLVMGetInstructionOpcode(access);
            if (opcode is not (LLVMOpcode.Load or LLVMOpcode.Store)) continue;
            bool isLoad = opcode == LLVMOpcode.Load;
            ulong size = words.SizeOf(LLVM.LLVMTypeOf(isLoad ? access : LLVM.LLVMGetOperand(access, 0)));
            uint promised = LLVM.LLVMGetAlignment(access);
            if (promised >= size || promised >= MemoryPlace.Word) continue;
            ulong known = words.AlignmentAt(LLVM.LLVMGetOperand(access, isLoad ? 0u : 1u));
            if (known > promised) LLVM.LLVMSetAlignment(access, (uint)known);
        }
    }
}
