using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Makes volatile accesses of atomic ones that ask for no order, and nothing of fences that only the compiler is to heed. Codegen selects no instruction for them below cpu v4, and needs
/// none: the machines that run BPF do an aligned access of up to eight bytes as a whole, and volatile keeps it one.
/// </summary>
internal static class AtomicAccess
{
    public static void Run(LlvmModule module)
    {
        foreach (LLVMValueRef instruction in module.DefinedFunctions().SelectMany(LlvmModule.Instructions))
        {
            // It was for the optimizer, which is done: compiler_fence.
            if (LLVM.LLVMGetInstructionOpcode(instruction) == LLVMOpcode.Fence && LLVM.LLVMIsAtomicSingleThread(instruction) != 0)
            {
                LLVM.LLVMInstructionEraseFromParent(instruction);
                continue;
            }

            if (LLVM.LLVMGetInstructionOpcode(instruction) is not (LLVMOpcode.Load or LLVMOpcode.Store)) continue;
            if (LLVM.LLVMGetOrdering(instruction) is not (LLVMAtomicOrdering.Unordered or LLVMAtomicOrdering.Monotonic)) continue;
            LLVM.LLVMSetOrdering(instruction, LLVMAtomicOrdering.NotAtomic);
            LLVM.LLVMSetVolatile(instruction, 1);
        }
    }
}
