using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Ends the program wherever control is said never to arrive. Codegen makes nothing of <c>unreachable</c>, so the
/// verifier, which does not share LLVM's belief, would walk on into whatever comes next and reject the program.
/// </summary>
internal static class UnreachableGuard
{
    /// <summary>Whether a function has a place that was written to end the program, such as <c>abort()</c>.</summary>
    public static bool EndsProgram(LLVMValueRef function) => LlvmModule.Instructions(function).Any(IsTrap);

    public static void Run(LlvmModule module)
    {
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        foreach (LLVMValueRef instruction in module.DefinedFunctions().SelectMany(LlvmModule.Instructions))
        {
            if (LLVM.LLVMGetInstructionOpcode(instruction) != LLVMOpcode.Unreachable) continue;
            LLVMValueRef previous = LLVM.LLVMGetPreviousInstruction(instruction);
            bool traps = IsTrap(previous);
            if (!traps && EndsElsewhere(previous)) continue;
            LLVM.LLVMPositionBuilderBefore(builder, instruction);
            ProgramExit.Build(module.Context, builder);
            if (traps) LLVM.LLVMInstructionEraseFromParent(previous);
        }

        LLVM.LLVMDisposeBuilder(builder);
    }

    private static bool IsTrap(LLVMValueRef instruction) =>
        IsCall(instruction) && LlvmModule.NameOf(LLVM.LLVMGetCalledValue(instruction)) is "llvm.trap" or "llvm.debugtrap";

    /// <summary>A call that does not come back, or the exit itself.</summary>
    private static bool EndsElsewhere(LLVMValueRef instruction)
    {
        if (!IsCall(instruction)) return false;
        LLVMValueRef callee = LLVM.LLVMGetCalledValue(instruction);
        return LLVM.LLVMIsAFunction(callee).IsNull || LLVM.LLVMGetIntrinsicID(callee) == 0;
    }

    private static bool IsCall(LLVMValueRef instruction) =>
        !instruction.IsNull && LLVM.LLVMGetInstructionOpcode(instruction) == LLVMOpcode.Call;
}
