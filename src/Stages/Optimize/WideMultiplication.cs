using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Multiplies 128-bit values in parts: for a whole one codegen would call a function of the compiler's library, which returns a value
/// that does not fit into BPF's one register. It runs when all else is done, or the optimizer would see the product again.
/// </summary>
internal static unsafe class WideMultiplication
{
    private const string Name = MemoryFunctions.Prefix + "multiply";
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
        """u8;

    /// <summary>Replaces all of them by calls that are to be inlined; whether there were any.</summary>
    public static bool Run(LlvmModule module)
    {
        List<LLVMValueRef> products = [.. module.DefinedFunctions().SelectMany(LlvmModule.Instructions).Where(IsWide)];
        if (products.Count == 0) return false;
        using (LlvmModule function = module.Context.ParseText(Text))
        {
            function.AdoptTarget(module);
            module.Link(function);
        }

        LLVMValueRef multiply = LLVM.LLVMGetNamedFunction(module.Ref, Name);
        // Linking leaves local functions behind, so it becomes local only now.
        LLVM.LLVMSetLinkage(multiply, LLVMLinkage.Internal);
        foreach (LLVMValueRef product in products) Replace(module, product, multiply);
        return true;
    }

    private static bool IsWide(LLVMValueRef instruction)
    {
        if (LLVM.LLVMGetInstructionOpcode(instruction) != LLVMOpcode.Mul) return false;
        LLVMTypeRef type = LLVM.LLVMTypeOf(instruction);
        return LLVM.LLVMGetTypeKind(type) == LLVMTypeKind.Integer && LLVM.LLVMGetIntTypeWidth(type) == Bits;
    }

    private static void Replace(LlvmModule module, LLVMValueRef product, LLVMValueRef multiply)
    {
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVM.LLVMPositionBuilderBefore(builder, product);
        var factors = stackalloc LLVMValueRef[] { LLVM.LLVMGetOperand(product, 0), LLVM.LLVMGetOperand(product, 1) };
        LLVMValueRef call = LLVM.LLVMBuildCall2(builder, LLVM.LLVMGlobalGetValueType(multiply), multiply, factors, 2, "");
        LLVM.LLVMReplaceAllUsesWith(product, call);
        LLVM.LLVMInstructionEraseFromParent(product);
        LLVM.LLVMDisposeBuilder(builder);
    }
}
