using BpfIncr.Orchestrator.Tests.Configuration;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Tests.Workspace;

/// <summary>What is wrong with a probe <c>a</c>, by what it depends on and what compiles it.</summary>
public sealed class ProbeDiscoveryTests
{
    private static readonly CargoWorkspace Aya = new Crates("/w").Add("aya-ebpf").Add("kit", Crates.On("aya-ebpf")).Add("a", Crates.On("kit")).Workspace;

    [Fact]
    public void What_is_made_for_the_BPF_target_is_not_compiled_for_the_host_unasked()
    {
        var error = Assert.Single(Check(Aya, ToolchainMode.Host, """{"packages": ["a"]}"""));

        Assert.Equal("BPFI1024", error.Id);
        Assert.StartsWith("a uses aya-ebpf, which is made for the BPF target, and /usr/bin/rustc compiles for the host", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_chooses_the_host_gets_it() =>
        Assert.Empty(Check(Aya, ToolchainMode.Host, """{"packages": ["a"], "toolchain": {"mode": "host"}}"""));

    [Theory]
    [InlineData(ToolchainMode.Bpf)]
    [InlineData(ToolchainMode.BuildStd)]
    public void A_toolchain_for_BPF_compiles_everything(ToolchainMode mode) => Assert.Empty(Check(Aya, mode, """{"packages": ["a"]}"""));

    [Fact]
    public void Another_probes_library_is_no_reason() => Assert.Empty(Check(
        new Crates("/w").Add("aya-ebpf").Add("b", Crates.On("aya-ebpf")).Add("a").Workspace, ToolchainMode.Host, """{"packages": ["a"]}"""));

    private static List<Diagnostic> Check(CargoWorkspace workspace, ToolchainMode mode, string configuration)
    {
        var discovery = new ProbeDiscovery(Configured.By(configuration), new Toolchain(mode, "/usr/bin/rustc", "/usr/bin/cargo", "/usr", "triple", "", "/usr/lib/libLLVM.so", []));
        return [.. discovery.Check([workspace], [.. discovery.Find(workspace)])];
    }
}
