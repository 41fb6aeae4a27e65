using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;

namespace BpfIncr.Stages.Patch;

/// <summary>Makes a linked module fit the BPF machine: target, panics, inlining, debug info; and refuses what cannot fit.</summary>
internal static class PatchStage
{
    /// <summary>Runs the stage; the output is written only when no error is returned.</summary>
    public static IReadOnlyList<Diagnostic> Run(PatchOptions options, StageFiles files)
    {
        using var context = new LlvmContext("BPFI2201");
        using LlvmModule? module = context.ParseBitcode(File.ReadAllBytes(files.Input.Path), files.Input.Name);
        if (module is null) return context.Diagnostics;
        Apply(options, module);
        module.Write(files.Output);
        return context.Diagnostics;
    }

    /// <summary>The stage's work on a module in memory; findings go to the module's context.</summary>
    public static void Apply(PatchOptions options, LlvmModule module)
    {
        PatchLints.CheckNames(module);
        Retargeter.Run(module);
        if (module.Context.Failed) return;
        List<LLVMValueRef> exits = new PanicRewriter(module, options.Panic).Run();
        exits.AddRange(module.DefinedFunctions().Where(UnreachableGuard.EndsProgram));
        new InlineRewriter(module, options.Inline).Run(exits);
        DebugInfo.Run(module, options);
        new KernelSymbols(module).Run();
        PassRunner.Run(module, "globaldce,strip-dead-prototypes");
        PatchLints.Run(module, options);
        if (module.Verify() is { } complaint)
            module.Context.Report(Diagnostic.Error("BPFI2202", "BUG: patch made a broken module; please report it") with { Detail = complaint });
    }
}
