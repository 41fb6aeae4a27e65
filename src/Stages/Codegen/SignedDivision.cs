using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Divides signed values with the unsigned division that every BPF machine has; cpu v4 has one of its own.</summary>
internal static class SignedDivision
{
    // A sign is 0 or -1: "signed" changes it where that is -1, which also makes a size of a signed value.
    private static ReadOnlySpan<byte> Text => """
        define i64 @bpfincr.signed(i64 %size, i64 %sign) alwaysinline nounwind {
          %other = xor i64 %size, %sign
          %result = sub i64 %other, %sign
          ret i64 %result
        }
        define i64 @bpfincr.sdiv(i64 %a, i64 %b) alwaysinline nounwind {
          %a.sign = ashr i64 %a, 63
          %b.sign = ashr i64 %b, 63
          %a.size = call i64 @bpfincr.signed(i64 %a, i64 %a.sign)
          %b.size = call i64 @bpfincr.signed(i64 %b, i64 %b.sign)
          %size = udiv i64 %a.size, %b.size
          %sign = xor i64 %a.sign, %b.sign
          %result = call i64 @bpfincr.signed(i64 %size, i64 %sign)
          ret i64 %result
        }
        define i64 @bpfincr.srem(i64 %a, i64 %b) alwaysinline nounwind {
          %a.sign = ashr i64 %a, 63
          %b.sign = ashr i64 %b, 63
          %a.size = call i64 @bpfincr.signed(i64 %a, i64 %a.sign)
          %b.size = call i64 @bpfincr.signed(i64 %b, i64 %b.sign)
          %size = urem i64 %a.size, %b.size
          %result = call i64 @bpfincr.signed(i64 %size, i64 %a.sign)
          ret i64 %result
        }
        """u8;

    /// <summary>Replaces signed divisions, where the machine has none.</summary>
    public static void Run(LlvmModule module, BpfCpu cpu)
    {
        if (cpu < BpfCpu.V4 && OperationReplacer.Run(module, Text, FunctionFor)) PassRunner.Run(module, "always-inline,globaldce");
    }

    private static string? FunctionFor(LLVMValueRef instruction)
    {
        LLVMOpcode opcode = LLVM.LLVMGetInstructionOpcode(instruction);
        if (opcode is not (LLVMOpcode.SDiv or LLVMOpcode.SRem)) return null;
        LLVMTypeRef type = LLVM.LLVMTypeOf(instruction);
        bool fits = LLVM.LLVMGetTypeKind(type) == LLVMTypeKind.Integer && LLVM.LLVMGetIntTypeWidth(type) <= 64;
        return !fits ? null : opcode == LLVMOpcode.SDiv ? "bpfincr.sdiv" : "bpfincr.srem";
    }
}
