using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Multiplies and shifts 128-bit values in parts, and multiplies 64-bit values where it matters whether the product fits: for a
/// whole one codegen would call a function of the compiler's library, which returns a value that does not fit into BPF's one
/// register. It runs when all else is done, or the optimizer would see the product again.
/// </summary>
internal static class WideArithmetic
{
    private const int Bits = 128;

    // Schoolbook multiplication of 32-bit digits; what leaves the 128 bits is not computed.
    private static ReadOnlySpan<byte> Text => """
        define i128 @bpfincr.multiply(i128 %a, i128 %b) alwaysinline nounwind {
          %a.low = trunc i128 %a to i64
          %a.wide = lshr i128 %a, 64
          %a.high = trunc i128 %a.wide to i64
          %b.low = trunc i128 %b to i64
          %b.wide = lshr i128 %b, 64
          %b.high = trunc i128 %b.wide to i64
          %a0 = and i64 %a.low, 4294967295
          %a1 = lshr i64 %a.low, 32
          %b0 = and i64 %b.low, 4294967295
          %b1 = lshr i64 %b.low, 32
          %p00 = mul i64 %a0, %b0
          %p01 = mul i64 %a0, %b1
          %p10 = mul i64 %a1, %b0
          %p11 = mul i64 %a1, %b1
          %p00.high = lshr i64 %p00, 32
          %p01.low = and i64 %p01, 4294967295
          %p10.low = and i64 %p10, 4294967295
          %middle.0 = add i64 %p00.high, %p01.low
          %middle = add i64 %middle.0, %p10.low
          %p00.low = and i64 %p00, 4294967295
          %middle.up = shl i64 %middle, 32
          %low = or i64 %p00.low, %middle.up
          %p01.high = lshr i64 %p01, 32
          %p10.high = lshr i64 %p10, 32
          %middle.high = lshr i64 %middle, 32
          %cross.a = mul i64 %a.low, %b.high
          %cross.b = mul i64 %a.high, %b.low
          %high.0 = add i64 %p11, %p01.high
          %high.1 = add i64 %high.0, %p10.high
          %high.2 = add i64 %high.1, %middle.high
          %high.3 = add i64 %high.2, %cross.a
          %high = add i64 %high.3, %cross.b
          %result.low = zext i64 %low to i128
          %high.wide = zext i64 %high to i128
          %result.high = shl i128 %high.wide, 64
          %result = or i128 %result.high, %result.low
          ret i128 %result
        }
        define i64 @bpfincr.high(i64 %a, i64 %b) alwaysinline nounwind {
          %a.wide = zext i64 %a to i128
          %b.wide = zext i64 %b to i128
          %product = call i128 @bpfincr.multiply(i128 %a.wide, i128 %b.wide)
          %shifted = lshr i128 %product, 64
          %high = trunc i128 %shifted to i64
          ret i64 %high
        }
        define { i64, i1 } @bpfincr.umulo(i64 %a, i64 %b) alwaysinline nounwind {
          %high = call i64 @bpfincr.high(i64 %a, i64 %b)
          %overflows = icmp ne i64 %high, 0
          %low = mul i64 %a, %b
          %some = insertvalue { i64, i1 } undef, i64 %low, 0
          %result = insertvalue { i64, i1 } %some, i1 %overflows, 1
          ret { i64, i1 } %result
        }
        define { i64, i1 } @bpfincr.smulo(i64 %a, i64 %b) alwaysinline nounwind {
          %high.unsigned = call i64 @bpfincr.high(i64 %a, i64 %b)
          %a.sign = ashr i64 %a, 63
          %b.sign = ashr i64 %b, 63
          %b.off = and i64 %a.sign, %b
          %a.off = and i64 %b.sign, %a
          %high.0 = sub i64 %high.unsigned, %b.off
          %high = sub i64 %high.0, %a.off
          %low = mul i64 %a, %b
          %low.sign = ashr i64 %low, 63
          %overflows = icmp ne i64 %high, %low.sign
          %some = insertvalue { i64, i1 } undef, i64 %low, 0
          %result = insertvalue { i64, i1 } %some, i1 %overflows, 1
          ret { i64, i1 } %result
        }
        define i128 @bpfincr.shl(i128 %a, i128 %n) alwaysinline nounwind {
          %low = trunc i128 %a to i64
          %wide = lshr i128 %a, 64
          %high = trunc i128 %wide to i64
          %count = trunc i128 %n to i64
          %by = and i64 %count, 63
          %rest = xor i64 %by, 63
          %far = icmp ugt i64 %count, 63
          %low.by = shl i64 %low, %by
          %high.by = shl i64 %high, %by
          %half = lshr i64 %low, 1
          %carry = lshr i64 %half, %rest
          %near.high = or i64 %high.by, %carry
          %result.low = select i1 %far, i64 0, i64 %low.by
          %result.high = select i1 %far, i64 %low.by, i64 %near.high
          %result = call i128 @bpfincr.join(i64 %result.high, i64 %result.low)
          ret i128 %result
        }
        define i128 @bpfincr.lshr(i128 %a, i128 %n) alwaysinline nounwind {
          %low = trunc i128 %a to i64
          %wide = lshr i128 %a, 64
          %high = trunc i128 %wide to i64
          %count = trunc i128 %n to i64
          %by = and i64 %count, 63
          %rest = xor i64 %by, 63
          %far = icmp ugt i64 %count, 63
          %low.by = lshr i64 %low, %by
          %high.by = lshr i64 %high, %by
          %twice = shl i64 %high, 1
          %carry = shl i64 %twice, %rest
          %near.low = or i64 %low.by, %carry
          %result.low = select i1 %far, i64 %high.by, i64 %near.low
          %result.high = select i1 %far, i64 0, i64 %high.by
          %result = call i128 @bpfincr.join(i64 %result.high, i64 %result.low)
          ret i128 %result
        }
        define i128 @bpfincr.ashr(i128 %a, i128 %n) alwaysinline nounwind {
          %low = trunc i128 %a to i64
          %wide = lshr i128 %a, 64
          %high = trunc i128 %wide to i64
          %count = trunc i128 %n to i64
          %by = and i64 %count, 63
          %rest = xor i64 %by, 63
          %far = icmp ugt i64 %count, 63
          %low.by = lshr i64 %low, %by
          %high.by = ashr i64 %high, %by
          %sign = ashr i64 %high, 63
          %twice = shl i64 %high, 1
          %carry = shl i64 %twice, %rest
          %near.low = or i64 %low.by, %carry
          %result.low = select i1 %far, i64 %high.by, i64 %near.low
          %result.high = select i1 %far, i64 %sign, i64 %high.by
          %result = call i128 @bpfincr.join(i64 %result.high, i64 %result.low)
          ret i128 %result
        }
        define i128 @bpfincr.join(i64 %high, i64 %low) alwaysinline nounwind {
          %high.wide = zext i64 %high to i128
          %high.up = shl i128 %high.wide, 64
          %low.wide = zext i64 %low to i128
          %joined = or i128 %high.up, %low.wide
          ret i128 %joined
        }
        """u8;

    /// <summary>Replaces all of them by calls that are to be inlined; whether there were any.</summary>
    public static bool Run(LlvmModule module) => OperationReplacer.Run(module, Text, FunctionFor);

    private static string? FunctionFor(LLVMValueRef instruction)
    {
        string? function = LLVM.LLVMGetInstructionOpcode(instruction) switch
        {
            LLVMOpcode.Mul when IsWide(instruction) || IsOdd(instruction) => "multiply",
            LLVMOpcode.Shl when IsWide(instruction) && IsByUnknown(instruction) => "shl",
            LLVMOpcode.LShr when IsWide(instruction) && IsByUnknown(instruction) => "lshr",
            LLVMOpcode.AShr when IsWide(instruction) && IsByUnknown(instruction) => "ashr",
            LLVMOpcode.Call => LlvmModule.NameOf(LLVM.LLVMGetCalledValue(instruction)) switch
            {
                "llvm.umul.with.overflow.i64" => "umulo",
                "llvm.smul.with.overflow.i64" => "smulo",
                _ => null,
            },
            _ => null,
        };
        return function is null ? null : OperationReplacer.Prefix + function;
    }

    private static bool IsWide(LLVMValueRef instruction)
    {
        LLVMTypeRef type = LLVM.LLVMTypeOf(instruction);
        return LLVM.LLVMGetTypeKind(type) == LLVMTypeKind.Integer && LLVM.LLVMGetIntTypeWidth(type) == Bits;
    }

    // The low bits of a product do not depend on what is above them.
    private static bool IsOdd(LLVMValueRef instruction)
    {
        LLVMTypeRef type = LLVM.LLVMTypeOf(instruction);
        return LLVM.LLVMGetTypeKind(type) == LLVMTypeKind.Integer && LLVM.LLVMGetIntTypeWidth(type) is > Bits / 2 and < Bits;
    }

    private static bool IsByUnknown(LLVMValueRef shift) => LLVM.LLVMIsAConstantInt(LLVM.LLVMGetOperand(shift, 1)).IsNull;
}
