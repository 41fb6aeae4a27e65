using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Initialization;

/// <summary>
/// The architecture that a project's programs for user space are built for, in rustc's words: that of the target in Cargo's
/// configuration, as aya's build crate takes it, else that of this machine.
/// </summary>
internal static class TargetArchitecture
{
    private const string Prefix = "target_arch=\"";

    /// <summary>The architecture for a project.</summary>
    public static string Of(string directory, Toolchain toolchain)
    {
        // One for BPF is that of the programs, and not of what loads them.
        var target = TargetOf(directory) is { } named && !named.StartsWith("bpf", StringComparison.Ordinal) && Ask(toolchain, "--target", named) is { } known ? known : Ask(toolchain);
        return target ?? toolchain.Host.Split('-')[0];
    }

    private static string? Ask(Toolchain toolchain, params string[] target) => ToolProcess.Ask(toolchain.Rustc, "/", ["--print", "cfg", .. target])?.Split('\n')
        .FirstOrDefault(l => l.StartsWith(Prefix, StringComparison.Ordinal))?[Prefix.Length..].TrimEnd('"');

    // Of several targets none is more the project's than the others.
    private static string? TargetOf(string directory)
    {
        var file = Path.Combine(directory, ".cargo", "config.toml");
        if (!FileStamp.IsRegularFile(file) || TomlText.Parse(File.ReadAllText(file)) is not { } configuration)
            return null;
        var build = TomlText.Table(configuration, "build");
        return build.TryGetValue("target", out var target) && target is string triple ? triple
            : TomlText.Strings(build, "target").ToList() is [var only] ? only : null;
    }
}
