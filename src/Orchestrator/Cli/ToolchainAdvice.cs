using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>What to install where no toolchain has a <c>core</c> for BPF, by the kind of each toolchain that was found.</summary>
internal static class ToolchainAdvice
{
    private const string AptGet = "/usr/bin/apt-get";

    /// <summary>The advice; none where the best kind of toolchain was found, or another one was asked for.</summary>
    /// <param name="settings">What the configuration wants.</param>
    /// <param name="candidates">What was found, the one to use first.</param>
    /// <param name="pin">Who names the only rustc that is looked at; or null.</param>
    public static IEnumerable<DoctorAdvice> For(Settings settings, IReadOnlyList<ToolchainCandidate> candidates, string? pin)
    {
        var mode = candidates.Select(c => c.Toolchain).FirstOrDefault(t => t is not null)?.Mode;
        if (mode == ToolchainMode.Bpf || settings.Mode is not (null or ToolchainMode.Bpf or ToolchainMode.BuildStd)
            || (mode is not null && mode == settings.Mode))
            yield break;
        if (pin is not null)
            yield return new("to have every installed toolchain looked at", $"do not let {pin} name one");
        if (settings.Mode != ToolchainMode.BuildStd && File.Exists(AptGet))
            yield return new(
                "to get a toolchain with a prebuilt core for BPF", "apt-get install rustc-web cargo-web libstd-rust-web-dev-bpf");
        if (mode == ToolchainMode.BuildStd)
            yield break;
        var toolchains = candidates.Select(c => c.Toolchain).OfType<Toolchain>().DistinctBy(t => t.Sysroot).ToList();
        foreach (var toolchain in toolchains)
            if (SourcesFor(toolchain) is { } action)
                yield return new($"to build core for BPF with {toolchain.Rustc}", action);
        if (toolchains.Count == 0)
            yield return new(
                "to get a toolchain that builds core for BPF",
                DebianSources() is { } sources ? $"apt-get install {sources}" : "rustup toolchain install stable --component rust-src");
    }

    // rustup has toolchains in directories with their names; what lies in /usr is of the distribution's packages.
    private static string? SourcesFor(Toolchain toolchain) =>
        Path.GetFileName(Path.GetDirectoryName(toolchain.Sysroot)) == "toolchains"
            ? $"rustup component add rust-src --toolchain {Path.GetFileName(toolchain.Sysroot)}"
            : toolchain.Sysroot == "/usr" && DebianSources() is { } package ? $"apt-get install {package}"
            : null;

    // Debian's newer rustc, for what is compiled from the web's sources, has packages of its own.
    private static string? DebianSources() =>
        File.Exists("/var/lib/dpkg/info/rustc-web.list") ? "rust-web-src"
        : File.Exists("/var/lib/dpkg/info/rustc.list") ? "rust-src"
        : null;
}
