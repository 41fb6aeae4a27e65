namespace BpfIncr.Stages.Llvm;

// Opaque LLVM pointers, one struct each, so that the compiler tells a value from its type. A zero handle is LLVM's null.

internal readonly record struct LLVMContextRef(nint Handle);

internal readonly record struct LLVMModuleRef(nint Handle);

internal readonly record struct LLVMTypeRef(nint Handle);

internal readonly record struct LLVMValueRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMBasicBlockRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMMetadataRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMNamedMDNodeRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMDbgRecordRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMUseRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMAttributeRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMBuilderRef(nint Handle);

internal readonly record struct LLVMDIBuilderRef(nint Handle);

internal readonly record struct LLVMMemoryBufferRef(nint Handle);

internal readonly record struct LLVMTargetRef(nint Handle);

internal readonly record struct LLVMTargetMachineRef(nint Handle);

internal readonly record struct LLVMTargetDataRef(nint Handle);

internal readonly record struct LLVMDiagnosticInfoRef(nint Handle);

internal readonly record struct LLVMErrorRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}

internal readonly record struct LLVMPassBuilderOptionsRef(nint Handle);

internal readonly record struct LLVMDisasmContextRef(nint Handle)
{
    public bool IsNull => Handle == 0;
}
