using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Extends a number of 8 or 16 bits once, right where it comes from, when it is compared for equality more than once. Codegen clears the bits
/// above it before each comparison, which in an unrolled search through a list is two of its five instructions.
/// <para>
/// What is loaded has no such bits. Comparisons of order stay as they are: the verifier learns bounds from them, of the register that is
/// compared, and an index has to be that register.
/// </para>
/// </summary>
internal static unsafe class NarrowComparisons
{
    private const uint Register = 32;
    private const int Equal = 32, NotEqual = 33;

    /// <summary>Extends them.</summary>
    public static void Run(LlvmModule module)
    {
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVMTypeRef register = LLVM.LLVMIntTypeInContext(module.Context.Ref, Register);
        foreach (LLVMValueRef function in module.DefinedFunctions())
        {
            List<LLVMValueRef> comparisons = [.. LlvmModule.Instructions(function).Where(IsNarrow)];
            var extended = comparisons.SelectMany(static comparison => (LLVMValueRef[])[LLVM.LLVMGetOperand(comparison, 0), LLVM.LLVMGetOperand(comparison, 1)])
                .GroupBy(static value => value).Where(static group => group.Count() > 1 && IsExtended(group.Key))
                .ToDictionary(static group => group.Key, group => Extend(builder, function, group.Key, register));
            foreach (LLVMValueRef comparison in comparisons)
                if (Enumerable.Range(0, 2).Any(i => extended.ContainsKey(LLVM.LLVMGetOperand(comparison, (uint)i)))) Widen(builder, comparison, extended, register);
        }

        LLVM.LLVMDisposeBuilder(builder);
    }

    private static bool IsNarrow(LLVMValueRef instruction) =>
        LLVM.LLVMGetInstructionOpcode(instruction) == LLVMOpcode.ICmp
        && LLVM.LLVMGetICmpPredicate(instruction) is Equal or NotEqual
        && LLVM.LLVMTypeOf(LLVM.LLVMGetOperand(instruction, 0)) is var type
        && LLVM.LLVMGetTypeKind(type) == LLVMTypeKind.Integer && LLVM.LLVMGetIntTypeWidth(type) is 8 or 16;

    private static bool IsExtended(LLVMValueRef value) =>
        !LLVM.LLVMIsAArgument(value).IsNull || (!LLVM.LLVMIsAInstruction(value).IsNull && LLVM.LLVMGetInstructionOpcode(value) != LLVMOpcode.Load);

    private static LLVMValueRef Extend(LLVMBuilderRef builder, LLVMValueRef function, LLVMValueRef value, LLVMTypeRef register)
    {
        LLVMValueRef at = LLVM.LLVMIsAInstruction(value).IsNull
            ? LLVM.LLVMGetFirstInstruction(LLVM.LLVMGetFirstBasicBlock(function)) : LLVM.LLVMGetNextInstruction(value);
        while (LLVM.LLVMGetInstructionOpcode(at) is LLVMOpcode.Phi or LLVMOpcode.Alloca) at = LLVM.LLVMGetNextInstruction(at);
        LLVM.LLVMPositionBuilderBefore(builder, at);
        return LLVM.LLVMBuildZExt(builder, value, register, "");
    }

    private static void Widen(
        LLVMBuilderRef builder, LLVMValueRef comparison, Dictionary<LLVMValueRef, LLVMValueRef> extended, LLVMTypeRef register)
    {
        LLVM.LLVMPositionBuilderBefore(builder, comparison);
        LLVMValueRef wide = LLVM.LLVMBuildICmp(builder, LLVM.LLVMGetICmpPredicate(comparison), Operand(0), Operand(1), "");
        LLVM.LLVMReplaceAllUsesWith(comparison, wide);
        LLVM.LLVMInstructionEraseFromParent(comparison);

        LLVMValueRef Operand(uint i)
        {
            LLVMValueRef value = LLVM.LLVMGetOperand(comparison, i);
            return extended.TryGetValue(value, out LLVMValueRef known) ? known : LLVM.LLVMBuildZExt(builder, value, register, "");
        }
    }
}
