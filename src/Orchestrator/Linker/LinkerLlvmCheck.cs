using System.Collections.Immutable;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>Whether the calling rustc's LLVM knows the options and features that a linker's command line has for it.</summary>
internal static class LinkerLlvmCheck
{
    /// <summary>Everything that is wrong; nothing when all is right.</summary>
    /// <param name="settings">What the command line says.</param>
    /// <param name="llvm">What LLVM knows.</param>
    public static ImmutableArray<Diagnostic> Run(VariantSettings settings, LlvmNames llvm)
    {
        try
        {
            return
            [
                .. (settings.OptimizeOptions ?? []).Select(llvm.CheckOption).OfType<(string, string?)>().Select(w => Wrong("--llvm-args", w, "-")),
                .. LlvmNames.Split(settings.CpuFeatures ?? "").Select(f => llvm.CheckFeature(f.Name)).OfType<(string, string?)>().Select(w => Wrong("--cpu-features", w, "")),
            ];
        }
        catch (NoAnswerException e)
        {
            return [e.Diagnostic];
        }
    }

    private static Diagnostic Wrong(string option, (string Message, string? Near) wrong, string prefix) => Diagnostic.Error(
        "BPFI1121", $"{option}: {wrong.Message}", wrong.Near is null ? "see bpf-linker --help" : $"did you mean {prefix}{wrong.Near}?");
}
