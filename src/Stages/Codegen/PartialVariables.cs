using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Takes the description away from variables of which the optimizer has kept only a part, such as one element of an array. The type would
/// be larger than the variable, and for that the kernel refuses all type information of the object.
/// </summary>
internal static unsafe class PartialVariables
{
    // LLVM's number of a variable's description among the metadata of a global; the variable comes first in that, and its type fourth.
    private const uint DebugKind = 0, VariableOperand = 0, TypeOperand = 3;

    /// <summary>Looks at every variable that has a description.</summary>
    public static void Run(LlvmModule module)
    {
        LLVMTargetDataRef layout = LLVM.LLVMGetModuleDataLayout(module.Ref);
        foreach (LLVMValueRef global in module.Globals())
        {
            ulong bits = LLVM.LLVMABISizeOfType(layout, LLVM.LLVMGlobalGetValueType(global)) * 8;
            if (DescribedSizes(module.Context.Ref, global).Any(size => size != 0 && size != bits)) LLVM.LLVMGlobalEraseMetadata(global, DebugKind);
        }
    }

    // In bits; 0 where the description has none.
    private static List<ulong> DescribedSizes(LLVMContextRef context, LLVMValueRef global)
    {
        var sizes = new List<ulong>();
        void* entries = LLVM.LLVMGlobalCopyAllMetadata(global, out nuint count);
        for (uint i = 0; i < count; i++)
        {
            if (LLVM.LLVMValueMetadataEntriesGetKind(entries, i) != DebugKind) continue;
            LLVMValueRef[] expression = DebugNode.Operands(context, LLVM.LLVMValueMetadataEntriesGetMetadata(entries, i));
            LLVMValueRef[] variable = DebugNode.Operands(context, LLVM.LLVMValueAsMetadata(expression[VariableOperand]));
            if (!variable[TypeOperand].IsNull) sizes.Add(LLVM.LLVMDITypeGetSizeInBits(LLVM.LLVMValueAsMetadata(variable[TypeOperand])));
        }

        LLVM.LLVMDisposeValueMetadataEntries(entries);
        return sizes;
    }
}
