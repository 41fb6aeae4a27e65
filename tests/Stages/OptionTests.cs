using System.Collections.Immutable;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Link;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Rustc;
using FsCheck;
using FsCheck.Xunit;

namespace BpfIncr.Stages.Tests;

public sealed class OptionTests
{
    // Options are equal when their command lines are, so that the tests below would not miss one that is left out.
    [Fact]
    public void Every_option_makes_another_command_line()
    {
        ImmutableArray<string>[] all =
        [
            new PatchOptions().ToArguments(),
            new PatchOptions { Inline = InlinePolicy.Calls }.ToArguments(),
            new PatchOptions { Panic = PanicPolicy.Keep }.ToArguments(),
            new PatchOptions { Btf = false }.ToArguments(),
            new PatchOptions { LineInfo = false }.ToArguments(),
            new OptimizeOptions().ToArguments(),
            new OptimizeOptions { Level = OptimizeLevel.O3 }.ToArguments(),
            new OptimizeOptions { Pipeline = "sroa" }.ToArguments(),
            new OptimizeOptions { Unroll = true }.ToArguments(),
            new OptimizeOptions { Unroll = true, KeepsLargeLoops = true }.ToArguments(),
            new OptimizeOptions { LlvmOptions = ["-a"] }.ToArguments(),
            new CodegenOptions().ToArguments(),
            new CodegenOptions { Cpu = BpfCpu.V3 }.ToArguments(),
            new CodegenOptions { Features = "+alu32" }.ToArguments(),
            new CodegenOptions { Level = 2 }.ToArguments(),
            new CodegenOptions { ByteOrder = ByteOrder.Big }.ToArguments(),
            new CodegenOptions { Emit = EmittedFile.Assembly }.ToArguments(),
            new CodegenOptions { RequiresProgram = false }.ToArguments(),
            new CodegenOptions { Strip = false }.ToArguments(),
            new CodegenOptions { SectionNames = SectionNames.Libbpf }.ToArguments(),
            new CodegenOptions { GlobalData = false }.ToArguments(),
            new CodegenOptions { Loops = false }.ToArguments(),
            new CodegenOptions { Atomics = AtomicSupport.Add }.ToArguments(),
            new CodegenOptions { Atomics = AtomicSupport.Fetch }.ToArguments(),
            new CodegenOptions { KernelFunctions = false }.ToArguments(),
            new CodegenOptions { MaxInstructions = 1 }.ToArguments(),
            new CodegenOptions { LlvmOptions = ["-a"] }.ToArguments(),
        ];

        Assert.Equal(all.Length, all.Select(a => string.Join('\n', a)).Distinct().Count());
    }

    [Fact]
    public void Every_option_of_rustc_makes_another_command_line()
    {
        var options = new RustcOptions(ToolchainMode.Bpf, "bpfel-unknown-none", ["p/a"], true, ["-Ca"]);
        ImmutableArray<string>[] all =
        [
            options.ToArguments("p", "b"),
            options.ToArguments("q", "b"),
            options.ToArguments("p", "c"),
            (options with { Mode = ToolchainMode.BuildStd }).ToArguments("p", "b"),
            (options with { Triple = "bpfeb-unknown-none" }).ToArguments("p", "b"),
            (options with { Features = ["p/b"] }).ToArguments("p", "b"),
            (options with { DefaultFeatures = false }).ToArguments("p", "b"),
            (options with { UserFlags = ["-Cb"] }).ToArguments("p", "b"),
            (options with { Lto = true }).ToArguments("p", "b"),
            (options with { HostDebug = true }).ToArguments("p", "b"),
            (options with { CoreIsConfigured = true }).ToArguments("p", "b"),
        ];

        Assert.Equal(all.Length, all.Select(a => string.Join('\n', a)).Distinct().Count());
    }

    [Property]
    public bool Patch_options_survive_their_command_line(InlinePolicy inline, PanicPolicy panic, bool btf, bool lineInfo)
    {
        var options = new PatchOptions { Inline = inline, Panic = panic, Btf = btf, LineInfo = lineInfo };
        return PatchOptions.Parse(options.ToArguments()) == options;
    }

    [Property]
    public bool Optimize_options_survive_their_command_line(OptimizeLevel level, string? pipeline, bool unroll, bool keeps, NonNull<string>[] extra)
    {
        var options = new OptimizeOptions { Level = level, Pipeline = pipeline is "" ? null : pipeline, Unroll = unroll, KeepsLargeLoops = keeps, LlvmOptions = Texts(extra) };
        return OptimizeOptions.Parse(options.ToArguments()) == options;
    }

    [Property]
    public bool Codegen_options_survive_their_command_line(
        BpfCpu cpu, NonNull<string> features, NonNegativeInt level, ByteOrder order, EmittedFile emit, bool requires, bool strip, SectionNames names,
        bool globalData, bool loops, AtomicSupport atomics, bool kernelFunctions, NonNegativeInt limit, NonNull<string>[] extra)
    {
        var options = new CodegenOptions
        {
            Cpu = cpu, Features = features.Get, Level = level.Get, ByteOrder = order, Emit = emit, RequiresProgram = requires, Strip = strip, SectionNames = names,
            GlobalData = globalData, Loops = loops, Atomics = atomics, KernelFunctions = kernelFunctions, MaxInstructions = limit.Get, LlvmOptions = Texts(extra),
        };
        return CodegenOptions.Parse(options.ToArguments()) == options;
    }

    [Fact]
    public void An_option_that_is_missing_or_unknown_is_refused()
    {
        ImmutableArray<string> arguments = new PatchOptions().ToArguments();
        Assert.Throws<FormatException>(() => PatchOptions.Parse(arguments.RemoveAt(2)));
        Assert.Throws<FormatException>(() => PatchOptions.Parse(arguments.Add("--other=1")));
        Assert.Throws<FormatException>(() => LinkOptions.Parse(arguments));
        Assert.Throws<FormatException>(() => PatchOptions.Parse(arguments.SetItem(1, "--stage-version=99")));
    }

    [Fact]
    public void Only_forced_unrolling_and_extra_options_ask_for_another_worker()
    {
        ImmutableArray<string> ordinary = StageTools.LlvmOptions(new LinkOptions().ToArguments());
        Assert.Equal(ordinary, StageTools.LlvmOptions(new CodegenOptions().ToArguments()));
        Assert.Equal(ordinary, StageTools.LlvmOptions(new OptimizeOptions().ToArguments()));
        Assert.NotEqual(ordinary, StageTools.LlvmOptions(new OptimizeOptions { Unroll = true }.ToArguments()));
        Assert.NotEqual(ordinary, StageTools.LlvmOptions(new CodegenOptions { LlvmOptions = ["-x"] }.ToArguments()));
    }

    private static ImmutableArray<string> Texts(NonNull<string>[] texts) => [.. texts.Select(static text => text.Get)];
}
