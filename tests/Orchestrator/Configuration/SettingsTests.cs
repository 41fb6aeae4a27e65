using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Tests.Configuration;

public sealed class SettingsTests
{
    [Fact]
    public void An_empty_object_is_every_default()
    {
        var settings = Configured.By("{}");

        Assert.Equal(Configured.Directory, settings.Directory);
        Assert.Equal([Configured.Directory], settings.Workspaces);
        Assert.Equal("/checkout/probes/target/bpf", settings.Output);
        Assert.Null(settings.Rustc);
        Assert.Null(settings.Mode);
        Assert.Equal("", settings.Universe);
        Assert.Empty(settings.Variables);
        Assert.Empty(settings.Inputs);
        Assert.Empty(settings.RustFlags);
        Assert.True(settings.DefaultFeatures);
        Assert.False(settings.Lto);
        Assert.Equal(["*"], settings.Packages);
        Assert.Empty(settings.SharedCaches);
        Assert.Equal("modern", Assert.Single(settings.Variants).Key);
        Assert.Equal(BpfCpu.V3, settings.Variants["modern"].Cpu);
        Assert.Empty(settings.Probes);
    }

    [Fact]
    public void Shared_caches_are_read_in_their_order()
    {
        var settings = Configured.By("""
            {
              "cache": {
                "shared": [
                  { "path": "../team cache/" },
                  { "path": "/mnt/ci", "mode": "read-only", "name": "nightly", "deadline": 0.25 },
                  { "path": "here", "mode": "read-write" }
                ]
              }
            }
            """);

        Assert.Equal(
            [
                new("team cache", "/checkout/team cache/", IsReadOnly: false, TierSettings.DefaultDeadline),
                new("nightly", "/mnt/ci", IsReadOnly: true, TimeSpan.FromMilliseconds(250)),
                new("here", "/checkout/probes/here", IsReadOnly: false, TierSettings.DefaultDeadline),
            ], settings.SharedCaches);
    }

    [Fact]
    public void Every_key_of_the_top_is_read()
    {
        var settings = Configured.By("""
            {
              "$schema": "./schema.json",
              "workspaces": ["a", "../b/", "/c"],
              "output": "out",
              "toolchain": { "rustc": "tools/rustc", "mode": "build-std" },
              "universe": "2",
              "env": ["TAG"],
              "inputs": ["data/table.bin"],
              "rustflags": ["-Ctarget-cpu=v2"],
              "defaultFeatures": false,
              "lto": true,
              "features": ["probes"],
              "packages": ["probe-*"],
              "variants": { "b": {}, "a": {} },
              "probes": { "xdp": { "features": ["f", "g"], "skip": true, "variants": ["b"] } }
            }
            """);

        Assert.Equal(["/checkout/probes/a", "/checkout/b", "/c"], settings.Workspaces);
        Assert.Equal("/checkout/probes/out", settings.Output);
        Assert.Equal("tools/rustc", settings.Rustc);
        Assert.Equal(ToolchainMode.BuildStd, settings.Mode);
        Assert.Equal("2", settings.Universe);
        Assert.Equal(["TAG"], settings.Variables);
        Assert.Equal(["/checkout/probes/data/table.bin"], settings.Inputs);
        Assert.Equal(["-Ctarget-cpu=v2"], settings.RustFlags);
        Assert.False(settings.DefaultFeatures);
        Assert.True(settings.Lto);
        Assert.Equal(["probes"], settings.Features);
        Assert.Equal(["probe-*"], settings.Packages);
        Assert.Equal(["a", "b"], settings.Variants.Keys);
        Assert.Equal(["f", "g"], settings.Probes["xdp"].Features);
        Assert.True(settings.Probes["xdp"].Skip);
        Assert.Equal(["b"], settings.VariantsOf("xdp"));
        Assert.Equal(["a", "b"], settings.VariantsOf("tc"));
        Assert.Equal(new TextPosition(15, 15), settings.Probes["xdp"].Position);
    }

    [Fact]
    public void Every_key_of_a_variant_reaches_the_options_of_its_stage()
    {
        var patch = Configured.Variant("""  "inline": "calls", "panic": "reject", "btf": true, "lineInfo": false """).ToPatchOptions();
        var optimize = Configured.Variant("""  "optimize": "Oz", "unroll": true, "optimizeOptions": ["-a", "-b"] """).ToOptimizeOptions();
        var codegen = Configured.Variant("""
            "cpu": "v4", "cpuFeatures": "+alu32", "strip": false, "sectionNames": "libbpf", "globalData": false, "loops": false, "atomics": "fetch", "kernelFunctions": false, "maxInstructions": 7, "codegenOptions": ["-c"]
            """).ToCodegenOptions();

        Assert.Equal(new PatchOptions { Inline = InlinePolicy.Calls, Panic = PanicPolicy.Reject, Btf = true, LineInfo = false }, patch);
        Assert.Equal(
            new OptimizeOptions
            {
                Level = OptimizeLevel.Oz,
                Unroll = true,
                KeepsLargeLoops = true,
                LlvmOptions = ["-a", "-b"],
            },
            optimize);
        Assert.Equal(
            new CodegenOptions
            {
                Cpu = BpfCpu.V4, Features = "+alu32", Strip = false, SectionNames = SectionNames.Libbpf, GlobalData = false, Loops = false, Atomics = AtomicSupport.Fetch, KernelFunctions = false,
                MaxInstructions = 7,
                LlvmOptions = ["-c"],
            },
            codegen);
        Assert.Equal("sroa", Configured.Variant("\"pipeline\": \"sroa\"").ToOptimizeOptions().Pipeline);
        Assert.False(Configured.Variant("\"unroll\": true, \"loops\": false").ToOptimizeOptions().KeepsLargeLoops);
        Assert.False(Configured.Variant("\"btf\": false").ToPatchOptions().Btf);
    }

    [Theory]
    [InlineData("4.15", BpfCpu.V2, InlinePolicy.All, true)]
    [InlineData("4.19", BpfCpu.V2, InlinePolicy.Calls, true)]
    [InlineData("5.4", BpfCpu.V2, InlinePolicy.Calls, false)]
    [InlineData("5.10", BpfCpu.V3, InlinePolicy.Calls, false)]
    [InlineData("5.15", BpfCpu.V3, InlinePolicy.Calls, false)]
    [InlineData("6.1", BpfCpu.V3, InlinePolicy.Calls, false)]
    [InlineData("6.6", BpfCpu.V4, InlinePolicy.Calls, false)]
    [InlineData("6.12", BpfCpu.V4, InlinePolicy.Calls, false)]
    [InlineData("latest", BpfCpu.V4, InlinePolicy.Calls, false)]
    public void A_kernel_decides_what_its_variant_leaves_out(string kernel, BpfCpu cpu, InlinePolicy inline, bool unroll)
    {
        var variant = Configured.Variant($"\"kernel\": \"{kernel}\"");

        Assert.Equal(kernel, variant.Kernel?.Name);
        Assert.Equal(
            (cpu, inline, unroll), (variant.ToCodegenOptions().Cpu, variant.ToPatchOptions().Inline, variant.ToOptimizeOptions().Unroll));
        // All of them came with the same kernels of this list.
        Assert.Equal(!unroll, variant.ToCodegenOptions().GlobalData);
        Assert.Equal(!unroll, variant.ToCodegenOptions().Loops);
        Assert.Equal(unroll ? 4096 : 0, variant.ToCodegenOptions().MaxInstructions);
    }

    [Theory]
    [InlineData("4.15", false)]
    [InlineData("5.10", false)]
    [InlineData("5.15", true)]
    [InlineData("latest", true)]
    public void A_kernel_decides_whether_it_has_functions_for_programs(string kernel, bool any) =>
        Assert.Equal(any, Configured.Variant($"\"kernel\": \"{kernel}\"").ToCodegenOptions().KernelFunctions);

    [Theory]
    [InlineData("5.10", AtomicSupport.Add)]
    [InlineData("5.15", AtomicSupport.Fetch)]
    [InlineData("6.12", AtomicSupport.Fetch)]
    [InlineData("latest", AtomicSupport.Ordered)]
    public void A_kernel_decides_which_atomic_operations_there_are(string kernel, AtomicSupport atomics) =>
        Assert.Equal(atomics, Configured.Variant($"\"kernel\": \"{kernel}\"").ToCodegenOptions().Atomics);

    [Fact]
    public void A_variant_and_a_probe_override_what_its_kernel_decides()
    {
        var settings = Configured.By("""
            {
              "variants": { "old": { "kernel": "4.15", "cpu": "v1" } },
              "probes": { "p": { "inline": "calls" } }
            }
            """);

        var probe = settings.For("p", "old");

        Assert.Equal((BpfCpu.V1, InlinePolicy.Calls, true), (probe.Cpu, probe.Inline, probe.Unroll));
        Assert.Equal("4.15", probe.Kernel?.Name);
        Assert.Equal(InlinePolicy.All, settings.For("q", "old").Inline);
    }

    [Fact]
    public void Kernels_with_the_same_defaults_make_the_same_actions()
    {
        var (older, newer) = (Configured.Variant("\"kernel\": \"5.15\""), Configured.Variant("\"kernel\": \"6.1\""));

        Assert.Equal(older.ToPatchOptions(), newer.ToPatchOptions());
        Assert.Equal(older.ToOptimizeOptions(), newer.ToOptimizeOptions());
        Assert.Equal(older.ToCodegenOptions(), newer.ToCodegenOptions());
    }

    [Fact]
    public void What_a_variant_leaves_out_is_the_stages_own_default()
    {
        var nothing = Configured.Variant("");

        Assert.Equal(new PatchOptions(), nothing.ToPatchOptions());
        Assert.Equal(new OptimizeOptions(), nothing.ToOptimizeOptions());
        Assert.Equal(new CodegenOptions(), nothing.ToCodegenOptions());
    }

    [Theory]
    [InlineData("\"inline\"", "all", "calls")]
    [InlineData("\"panic\"", "exit", "reject", "keep")]
    [InlineData("\"optimize\"", "O1", "O2", "O3", "Os", "Oz")]
    [InlineData("\"cpu\"", "generic", "v1", "v2", "v3", "v4")]
    [InlineData("\"sectionNames\"", "keep", "libbpf")]
    public void Every_choice_is_written_as_documented_and_is_another_key(string key, params string[] choices)
    {
        var commands = choices.Select(c => Configured.Variant($"{key}: \"{c}\""))
            .Select(v => string.Join(' ', [.. v.ToPatchOptions().ToArguments(), .. v.ToOptimizeOptions().ToArguments(), .. v.ToCodegenOptions().ToArguments()]));

        Assert.Equal(choices.Length, commands.Distinct().Count());
    }

    [Theory]
    [InlineData("bpf", ToolchainMode.Bpf)]
    [InlineData("build-std", ToolchainMode.BuildStd)]
    [InlineData("host", ToolchainMode.Host)]
    [InlineData("auto", null)]
    public void Every_toolchain_mode_is_written_as_documented(string text, ToolchainMode? mode) =>
        Assert.Equal(mode, Configured.By("{\"toolchain\": {\"mode\": \"" + text + "\"}}").Mode);

    [Fact]
    public void A_probe_deviates_from_every_variant_in_what_it_sets_and_in_nothing_else()
    {
        var settings = Configured.By("""
            {
              "variants": { "old": { "cpu": "v1", "unroll": true, "inline": "all" }, "new": { "cpu": "v3", "inline": "calls" } },
              "probes": { "xdp": { "cpu": "v2", "strip": false } }
            }
            """);

        Assert.Equal(settings.Variants["old"] with { Cpu = BpfCpu.V2, Strip = false }, settings.For("xdp", "old"));
        Assert.Equal(settings.Variants["new"] with { Cpu = BpfCpu.V2, Strip = false }, settings.For("xdp", "new"));
        Assert.Equal(settings.Variants["new"], settings.For("other", "new"));
    }

    [Fact]
    public void A_probe_can_take_back_whatever_a_variant_sets()
    {
        const string One = """
            "inline": "all", "panic": "exit", "btf": true, "lineInfo": true, "unroll": true, "optimizeOptions": ["-a"],
            "cpu": "v1", "cpuFeatures": "+a", "strip": true, "sectionNames": "keep", "globalData": true, "loops": true, "atomics": "ordered", "kernelFunctions": true, "maxInstructions": 5, "codegenOptions": ["-a"]
            """;
        const string Other = """
            "inline": "calls", "panic": "keep", "btf": false, "lineInfo": false, "unroll": false, "optimizeOptions": [],
            "cpu": "v2", "cpuFeatures": "", "strip": false, "sectionNames": "libbpf", "globalData": false, "loops": false, "atomics": "add", "kernelFunctions": false, "maxInstructions": 0, "codegenOptions": []
            """;

        var settings = Configured.By("{\"variants\": {\"v\": {" + One + "}}, \"probes\": {\"xdp\": {" + Other + "}}}");

        Assert.Equal(Configured.Variant(Other).ToPatchOptions(), settings.For("xdp", "v").ToPatchOptions());
        Assert.Equal(Configured.Variant(Other).ToOptimizeOptions(), settings.For("xdp", "v").ToOptimizeOptions());
        Assert.Equal(Configured.Variant(Other).ToCodegenOptions(), settings.For("xdp", "v").ToCodegenOptions());
    }

    // Within one variant both are an error; across levels the nearer one decides.
    [Fact]
    public void A_probes_level_takes_the_place_of_its_variants_pipeline()
    {
        var settings = Configured.By("""{"variants": {"v": {"pipeline": "sroa"}}, "probes": {"xdp": {"optimize": "O3"}}}""");

        Assert.Equal(new OptimizeOptions { Level = OptimizeLevel.O3 }, settings.For("xdp", "v").ToOptimizeOptions());
    }

    [Fact]
    public void Comments_and_trailing_commas_are_allowed()
    {
        var settings = Configured.By("""
            // ours
            {
              /* the second
                 world */ "universe": "2", // always
              "env": ["A", "B",],
            }
            """);

        Assert.Equal("2", settings.Universe);
        Assert.Equal(["A", "B"], settings.Variables);
    }

    [Fact]
    public void A_byte_order_mark_is_no_error() => Assert.Equal("2", Configured.By("\ufeff{\"universe\": \"2\"}").Universe);
}
