namespace BpfIncr.Stages.Llvm;

/// <summary>Memory buffers of LLVM.</summary>
internal static unsafe class LlvmBuffer
{
    /// <summary>Copies a buffer's bytes and frees it.</summary>
    public static byte[] Take(LLVMMemoryBufferRef buffer)
    {
        var bytes = new ReadOnlySpan<byte>(
            LLVM.LLVMGetBufferStart(buffer), checked((int)LLVM.LLVMGetBufferSize(buffer))).ToArray();
        LLVM.LLVMDisposeMemoryBuffer(buffer);
        return bytes;
    }
}
