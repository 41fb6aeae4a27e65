namespace BpfIncr.Stages.Llvm;

/// <summary>Which bits of a value can be set, as far as a few operations before it tell. LLVM knows it better, and has no function for it in its C API.</summary>
internal static class PossibleBits
{
    // It is looked at again for each way that leads there.
    private const int Depth = 6, MostWays = 4;

    /// <summary>A mask of the bits that can be set in an integer of at most 64 bits.</summary>
    public static ulong Of(LLVMValueRef value) => Of(value, Depth);

    private static ulong Of(LLVMValueRef value, int depth)
    {
        uint width = LLVM.LLVMGetIntTypeWidth(LLVM.LLVMTypeOf(value));
        if (width > 64) return ulong.MaxValue;
        ulong all = ulong.MaxValue >> (64 - (int)width);
        if (!LLVM.LLVMIsAConstantInt(value).IsNull) return LLVM.LLVMConstIntGetZExtValue(value);
        if (LLVM.LLVMIsAInstruction(value).IsNull || depth == 0) return all;
        return all & LLVM.LLVMGetInstructionOpcode(value) switch
        {
            LLVMOpcode.ZExt or LLVMOpcode.Trunc => Operand(value, 0, depth),
            LLVMOpcode.And => Operand(value, 0, depth) & Operand(value, 1, depth),
            LLVMOpcode.Or or LLVMOpcode.Xor => Operand(value, 0, depth) | Operand(value, 1, depth),
            LLVMOpcode.Select => Operand(value, 1, depth) | Operand(value, 2, depth),
            LLVMOpcode.Shl when Shift(value) is { } bits => Operand(value, 0, depth) << bits,
            LLVMOpcode.LShr when Shift(value) is { } bits => Operand(value, 0, depth) >> bits,
            LLVMOpcode.Phi when LLVM.LLVMGetNumOperands(value) <= MostWays => Enumerable.Range(0, LLVM.LLVMGetNumOperands(value)).Aggregate(0UL, (bits, i) => bits | Operand(value, (uint)i, depth)),
            _ => all,
        };
    }

    private static ulong Operand(LLVMValueRef value, uint index, int depth) => Of(LLVM.LLVMGetOperand(value, index), depth - 1);

    private static int? Shift(LLVMValueRef value)
    {
        LLVMValueRef bits = LLVM.LLVMGetOperand(value, 1);
        return !LLVM.LLVMIsAConstantInt(bits).IsNull && LLVM.LLVMConstIntGetZExtValue(bits) is < 64 and var few ? (int)few : null;
    }
}
