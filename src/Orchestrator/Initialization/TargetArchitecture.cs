using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Initialization;

/// <summary>
/// The architecture that a project's programs for user space are built for, in rustc's words: what Cargo's
/// configuration tells aya's build crate, or that of the target there, else that of this machine.
/// </summary>
internal static class TargetArchitecture
{
    private const string AyasVariable = "AYA_BPF_TARGET_ARCH";

    private const string Prefix = "target_arch=\"";

    /// <summary>The architecture for a project.</summary>
    public static string Of(string directory, Toolchain toolchain)
    {
        var configuration = CargoConfiguration.Read(directory);
        if (configuration is not null && CargoConfiguration.Variable(configuration, AyasVariable) is { } set)
            return set;
        // Of several targets none is more the project's than the others. One for BPF is that of the programs, and not of what loads them.
        var known = configuration is not null && CargoConfiguration.TargetsOf(configuration) is [var only] && !only.StartsWith("bpf", StringComparison.Ordinal)
            ? Ask(toolchain, "--target", only) : null;
        return known ?? Ask(toolchain) ?? toolchain.Host.Split('-')[0];
    }

    private static string? Ask(Toolchain toolchain, params string[] target) => ToolProcess.Ask(toolchain.Rustc, "/", ["--print", "cfg", .. target])?.Split('\n')
        .FirstOrDefault(l => l.StartsWith(Prefix, StringComparison.Ordinal))?[Prefix.Length..].TrimEnd('"');
}
