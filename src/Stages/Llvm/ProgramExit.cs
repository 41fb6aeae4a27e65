namespace BpfIncr.Stages.Llvm;

/// <summary>
/// The inline assembly that ends a program with 0. Nothing may follow it but <c>unreachable</c>: the verifier rejects
/// code behind an exit, and it rejects an exit with r0 unset.
/// </summary>
internal static unsafe class ProgramExit
{
    /// <summary>Adds the assembly at the builder's position.</summary>
    public static void Build(LlvmContext context, LLVMBuilderRef builder)
    {
        LLVMTypeRef type = LLVM.LLVMFunctionType(LLVM.LLVMVoidTypeInContext(context.Ref), null, 0, 0);
        ReadOnlySpan<byte> text = "r0 = 0\n\texit"u8;
        ReadOnlySpan<byte> clobbers = "~{r0}"u8;
        fixed (byte* textStart = text, clobbersStart = clobbers)
        {
            LLVMValueRef assembly = LLVM.LLVMGetInlineAsm(
                type, textStart, (nuint)text.Length, clobbersStart, (nuint)clobbers.Length, 1, 0, 0, 0);
            LLVM.LLVMBuildCall2(builder, type, assembly, null, 0, "");
        }
    }

    /// <summary>Whether an instruction is a call of inline assembly.</summary>
    public static bool IsAssembly(LLVMValueRef instruction) =>
        !instruction.IsNull && LLVM.LLVMGetInstructionOpcode(instruction) == LLVMOpcode.Call &&
        !LLVM.LLVMIsAInlineAsm(LLVM.LLVMGetCalledValue(instruction)).IsNull;
}
