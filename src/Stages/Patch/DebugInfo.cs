using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>Decides how much of the debug info goes on to codegen, and takes out of it what does not matter there.</summary>
internal static class DebugInfo
{
    public static void Run(LlvmModule module, PatchOptions options)
    {
        if (!options.Btf)
        {
            _ = LLVM.LLVMStripModuleDebugInfo(module.Ref);
            return;
        }

        new DebugInfoNormalizer(module).Run();
        if (!options.LineInfo) new LineInfoRemover(module).Run();
    }
}
