namespace BpfIncr.Stages.Llvm;

/// <summary>The call that patch leaves where a panic would be when panics are rejected; optimize looks for what remains.</summary>
internal static unsafe class PanicMarker
{
    private const string Name = "bpfincr.panic";

    /// <summary>Adds a call at the builder's position.</summary>
    public static LLVMValueRef Build(LlvmModule module, LLVMBuilderRef builder)
    {
        LLVMTypeRef type = LLVM.LLVMFunctionType(LLVM.LLVMVoidTypeInContext(module.Context.Ref), null, 0, 0);
        LLVMValueRef marker = LLVM.LLVMGetNamedFunction(module.Ref, Name);
        if (marker.IsNull) marker = LLVM.LLVMAddFunction(module.Ref, Name, type);
        return LLVM.LLVMBuildCall2(builder, type, marker, null, 0, "");
    }

    /// <summary>Every remaining call.</summary>
    public static IEnumerable<LLVMValueRef> Find(LlvmModule module)
    {
        LLVMValueRef marker = LLVM.LLVMGetNamedFunction(module.Ref, Name);
        return marker.IsNull ? [] : module.DefinedFunctions().SelectMany(LlvmModule.Calls)
            .Where(call => LLVM.LLVMGetCalledValue(call) == marker);
    }
}
