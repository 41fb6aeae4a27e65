using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Adds what LLVM joins with <c>or</c>, where the result becomes part of an address or of a call's argument. Kernels before 6.10 know
/// nothing any more of a register after an <c>or</c> with a value that they do not know, and refuse it as an offset, but do know
/// the bounds of a sum (<c>adjust_scalar_min_max_vals</c>). Where no bit is set on both sides, both are the same, and LLVM turns
/// sums into the other. Bit fields are read so: <c>ihl()</c> of bindgen's <c>iphdr</c> is two parts of a byte.
/// </summary>
internal static class BoundedSums
{
    // LLVM would make an or of the sum again, so it does not get to see one side of it.
    private static ReadOnlySpan<byte> Text => """
        define i64 @bpfincr.sum64(i64 %a, i64 %b) alwaysinline nounwind {
          %part = call i64 asm "", "=r,0"(i64 %b)
          %sum = add i64 %a, %part
          ret i64 %sum
        }
        define i32 @bpfincr.sum32(i32 %a, i32 %b) alwaysinline nounwind {
          %part = call i32 asm "", "=r,0"(i32 %b)
          %sum = add i32 %a, %part
          ret i32 %sum
        }
        """u8;

    /// <summary>Replaces them.</summary>
    public static void Run(LlvmModule module)
    {
        if (OperationReplacer.Run(module, Text, FunctionFor)) PassRunner.Run(module, "always-inline,globaldce");
    }

    private static string? FunctionFor(LLVMValueRef instruction)
    {
        LLVMTypeRef type = LLVM.LLVMTypeOf(instruction);
        if (LLVM.LLVMGetInstructionOpcode(instruction) != LLVMOpcode.Or || LLVM.LLVMGetTypeKind(type) != LLVMTypeKind.Integer) return null;
        LLVMValueRef one = LLVM.LLVMGetOperand(instruction, 0), other = LLVM.LLVMGetOperand(instruction, 1);
        if (LLVM.LLVMIsConstant(other) != 0 || !BecomesPlace(instruction, [])) return null;
        bool isSum = LLVM.LLVMGetIsDisjoint(instruction) != 0 || (PossibleBits.Of(one) & PossibleBits.Of(other)) == 0;
        return (isSum, LLVM.LLVMGetIntTypeWidth(type)) switch { (true, 64) => "bpfincr.sum64", (true, 32) => "bpfincr.sum32", _ => null };
    }

    private static bool BecomesPlace(LLVMValueRef value, HashSet<LLVMValueRef> seen)
    {
        if (!seen.Add(value)) return false;
        for (LLVMUseRef use = LLVM.LLVMGetFirstUse(value); !use.IsNull; use = LLVM.LLVMGetNextUse(use))
        {
            LLVMValueRef user = LLVM.LLVMGetUser(use);
            switch (LLVM.LLVMGetInstructionOpcode(user))
            {
                case LLVMOpcode.GetElementPtr or LLVMOpcode.Call or LLVMOpcode.IntToPtr:
                    return true;
                case LLVMOpcode.Add or LLVMOpcode.Sub or LLVMOpcode.Mul or LLVMOpcode.Shl or LLVMOpcode.ZExt or LLVMOpcode.SExt or LLVMOpcode.Trunc
                    or LLVMOpcode.Or or LLVMOpcode.Select or LLVMOpcode.Phi when BecomesPlace(user, seen):
                    return true;
            }
        }

        return false;
    }
}
