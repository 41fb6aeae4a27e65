using System.Collections.Immutable;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>Whether the calling rustc's LLVM knows the options and features that a linker's command line has for it: LLVM itself passes over what it does not know.</summary>
/// <param name="settings">What the command line says.</param>
/// <param name="llvm">The libLLVM.</param>
/// <param name="programs">Who is asked.</param>
internal sealed class LinkerLlvmCheck(VariantSettings settings, string llvm, IPrograms programs)
{
    /// <summary>Everything that is wrong; nothing when all is right.</summary>
    public ImmutableArray<Diagnostic> Run() => [.. Options(), .. Features()];

    private IEnumerable<Diagnostic> Options()
    {
        if (settings.OptimizeOptions is not { Length: > 0 } options)
            yield break;
        var table = LlvmOptionTable.Parse(Ask("worker", $"--llvm={llvm}", "--", LlvmOptionTable.HelpOption));
        foreach (var option in options)
            if (table.Check(option) is { } wrong)
                yield return Wrong($"--llvm-args: {option}: {wrong}", NearestName.Of(option.TrimStart('-').Split('=')[0], table.Names), "-");
    }

    private IEnumerable<Diagnostic> Features()
    {
        var features = (settings.CpuFeatures ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (features.Length == 0)
            yield break;
        var table = BpfFeatureTable.Parse(Ask("features", $"--llvm={llvm}"));
        foreach (var name in features.Select(f => f.TrimStart('+', '-')).Except(table.Features))
            yield return Wrong($"--cpu-features: this LLVM has no BPF cpu feature \"{name}\"", NearestName.Of(name, table.Features), "");
    }

    private string Ask(params string[] arguments) => programs.AskLlvm(Path.GetFullPath("."), arguments) ?? "";

    private static Diagnostic Wrong(string message, string? near, string prefix) =>
        Diagnostic.Error("BPFI1121", message, near is null ? "see bpf-linker --help" : $"did you mean {prefix}{near}?");
}
