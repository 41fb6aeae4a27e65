namespace BpfIncr.Stages.Llvm;

/// <summary>Reads the nodes that debug info is made of, which the C API has no other view of.</summary>
internal static unsafe class DebugNode
{
    /// <summary>What a node refers to; some of it can be null.</summary>
    public static LLVMValueRef[] Operands(LLVMContextRef context, LLVMMetadataRef node)
    {
        LLVMValueRef value = LLVM.LLVMMetadataAsValue(context, node);
        var operands = new LLVMValueRef[LLVM.LLVMGetMDNodeNumOperands(value)];
        fixed (LLVMValueRef* first = operands) LLVM.LLVMGetMDNodeOperands(value, first);
        return operands;
    }

    /// <summary>An operand that is a text; null for any other.</summary>
    public static string? Text(LLVMValueRef operand)
    {
        if (operand.IsNull || LLVM.LLVMIsAMDString(operand).IsNull) return null;
        byte* text = LLVM.LLVMGetMDString(operand, out uint length);
        return LlvmText.Borrow(text, length);
    }
}
