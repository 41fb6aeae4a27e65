namespace BpfIncr.Stages.Llvm;

/// <summary>Runs pass pipelines written in LLVM's own syntax.</summary>
internal static class PassRunner
{
    /// <summary>Runs a pipeline; null when it ran, else LLVM's message about the pipeline text.</summary>
    public static string? Run(LlvmModule module, string pipeline, BpfMachine? machine = null)
    {
        LLVMPassBuilderOptionsRef options = LLVM.LLVMCreatePassBuilderOptions();
        // BPF has no vector registers: the passes could only cost time.
        LLVM.LLVMPassBuilderOptionsSetLoopVectorization(options, 0);
        LLVM.LLVMPassBuilderOptionsSetSLPVectorization(options, 0);
        LLVMErrorRef error = LLVM.LLVMRunPasses(module.Ref, pipeline, machine?.Ref ?? default, options);
        LLVM.LLVMDisposePassBuilderOptions(options);
        return error.IsNull ? null : LlvmText.Take(error);
    }
}
