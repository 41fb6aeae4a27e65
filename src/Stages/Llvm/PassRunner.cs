namespace BpfIncr.Stages.Llvm;

/// <summary>Runs pass pipelines written in LLVM's own syntax.</summary>
internal static class PassRunner
{
    /// <summary>Runs a pipeline; null when it ran, else LLVM's message about the pipeline text.</summary>
    /// <param name="module">What is changed.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="machine">Whose costs count; null for none.</param>
    /// <param name="unrolls">Whether LLVM's default pipelines unroll loops.</param>
    public static string? Run(LlvmModule module, string pipeline, BpfMachine? machine = null, bool unrolls = true)
    {
        LLVMPassBuilderOptionsRef options = LLVM.LLVMCreatePassBuilderOptions();
        // BPF has no vector registers: the passes could only cost time.
        LLVM.LLVMPassBuilderOptionsSetLoopVectorization(options, 0);
        LLVM.LLVMPassBuilderOptionsSetSLPVectorization(options, 0);
        LLVM.LLVMPassBuilderOptionsSetLoopUnrolling(options, unrolls ? 1 : 0);
        LLVMErrorRef error = LLVM.LLVMRunPasses(module.Ref, pipeline, machine?.Ref ?? default, options);
        LLVM.LLVMDisposePassBuilderOptions(options);
        return error.IsNull ? null : LlvmText.Take(error);
    }
}
