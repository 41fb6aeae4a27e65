using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Replaces undefined values by zeros once optimization is over. To LLVM any value will do, so it sets no register; the
/// verifier wants every register that is passed or returned to have been set.
/// </summary>
internal static class UndefinedValues
{
    public static void Run(LlvmModule module)
    {
        foreach (LLVMValueRef instruction in module.DefinedFunctions().SelectMany(LlvmModule.Instructions))
        {
            if (LLVM.LLVMGetInstructionOpcode(instruction) is not (LLVMOpcode.Call or LLVMOpcode.Phi or LLVMOpcode.Ret)) continue;
            for (uint i = 0; i < LLVM.LLVMGetNumOperands(instruction); i++)
            {
                LLVMValueRef operand = LLVM.LLVMGetOperand(instruction, i);
                if (LLVM.LLVMIsUndef(operand) != 0)
                    LLVM.LLVMSetOperand(instruction, i, LLVM.LLVMConstNull(LLVM.LLVMTypeOf(operand)));
            }
        }
    }
}
