using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Patch, optimize and codegen on small programs, in this process, with the real LLVM.</summary>
public sealed class StageTests : LlvmTests
{
    [Fact]
    public void A_panic_becomes_an_exit_with_nothing_behind_it()
    {
        using LlvmModule module = Patched(TestPrograms.Panicking, new PatchOptions());
        string text = module.ToText();
        Assert.Contains("asm sideeffect \"r0 = 0\\0A\\09exit\", \"~{r0}\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("forever", text, StringComparison.Ordinal);
        Assert.DoesNotContain("noinline", text, StringComparison.Ordinal);
        Assert.DoesNotContain("cold", text, StringComparison.Ordinal);
        Assert.DoesNotContain("target-cpu", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_panic_that_remains_is_an_error_when_panics_are_rejected()
    {
        using LlvmModule module = Patched(TestPrograms.Panicking, new PatchOptions { Panic = PanicPolicy.Reject });
        OptimizeStage.Apply(new OptimizeOptions(), module);
        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("BPFI2310", "prog"), (finding.Id, finding.Function));
    }

    [Fact]
    public void The_panic_handler_stays_when_it_is_to_be_kept()
    {
        using LlvmModule module = Patched(TestPrograms.Panicking, new PatchOptions { Panic = PanicPolicy.Keep });
        Assert.Contains("forever", module.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Recursion_is_an_error_that_names_the_circle()
    {
        using LlvmModule module = Patched(TestPrograms.Recursive, new PatchOptions());
        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal("BPFI2212", finding.Id);
        Assert.Contains("even -> odd -> even", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_unknown_length_becomes_a_loop_without_calls()
    {
        byte[] bytes = Compile(TestPrograms.Copying)!;
        Assert.Empty(Context.Diagnostics);
        Assert.DoesNotContain(ElfFile.Read(bytes).Symbols, static symbol => symbol.Section == ElfSymbol.Undefined && symbol.Name.Length > 0);
    }

    [Fact]
    public void A_function_with_a_large_result_can_be_called()
    {
        byte[] bytes = Compile(TestPrograms.Returning, patch: new PatchOptions { Inline = InlinePolicy.Calls })!;

        Assert.Empty(Context.Diagnostics);
        Assert.Contains(ElfFile.Read(bytes).Symbols, static symbol => symbol.Name == "fill");
    }

    [Theory]
    [InlineData(TestPrograms.Multiplying)]
    [InlineData(TestPrograms.Atomic)]
    public void What_codegen_has_no_instruction_for_is_done_with_others(string program)
    {
        foreach (BpfCpu cpu in Enum.GetValues<BpfCpu>())
        {
            byte[] bytes = Compile(program, new CodegenOptions { Cpu = cpu })!;

            Assert.Empty(Context.Diagnostics);
            Assert.DoesNotContain(ElfFile.Read(bytes).Symbols, static symbol => symbol.Section == ElfSymbol.Undefined && symbol.Name.Length > 0);
        }
    }

    [Fact]
    public void A_missing_function_is_named_with_the_one_that_needs_it()
    {
        Compile(TestPrograms.Unresolved);
        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal("BPFI2504", finding.Id);
        Assert.Equal("unresolved symbol nowhere, which prog needs", finding.Message);
    }

    [Fact]
    public void Too_much_stack_is_one_error_that_names_the_function()
    {
        Assert.Null(Compile(TestPrograms.Deep));
        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("BPFI2410", "prog"), (finding.Id, finding.Function));
    }

    [Fact]
    public void A_wrong_pass_is_named()
    {
        using LlvmModule module = Patched(TestPrograms.Panicking, new PatchOptions());
        OptimizeStage.Apply(new OptimizeOptions { Pipeline = "always-inline,no-such-pass" }, module);
        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal("BPFI2302", finding.Id);
        Assert.Contains("no-such-pass", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_program_gives_the_same_bytes()
    {
        Assert.Equal(Compile(TestPrograms.Copying), Compile(TestPrograms.Copying));
    }

    [Fact]
    public void A_host_program_becomes_one_for_BPF()
    {
        string host = TestPrograms.Panicking
            .Replace("target triple = \"bpfel\"", "target triple = \"x86_64-unknown-linux-gnu\"", StringComparison.Ordinal)
            .Replace("e-m:e-p:64:64-i64:64-i128:128-n32:64-S128", "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128", StringComparison.Ordinal);
        Assert.Equal(Compile(TestPrograms.Panicking), Compile(host));
        Assert.Empty(Context.Diagnostics);
    }

    [Fact]
    public void A_byte_order_that_differs_from_the_programs_is_an_error()
    {
        Assert.Null(Compile(TestPrograms.Panicking, new CodegenOptions { ByteOrder = ByteOrder.Big }));
        Assert.Equal("BPFI2402", Assert.Single(Context.Diagnostics).Id);
    }

    [Theory]
    [InlineData("xdp/block", "xdp")]
    [InlineData("socketfilter/tcp", "socket")]
    [InlineData("kprobe/open", "kprobe/open")]
    [InlineData("task_iter/dump", "iter/task")]
    public void Section_names_of_RedBPF_have_a_name_in_libbpf(string section, string expected) =>
        Assert.Equal(expected, SectionRenamer.Translate(section));

    private LlvmModule Patched(string program, PatchOptions options)
    {
        LlvmModule module = TestLlvm.Parse(Context, program);
        PatchStage.Apply(options, module);
        return module;
    }

    private byte[]? Compile(string program, CodegenOptions? options = null, PatchOptions? patch = null)
    {
        using LlvmModule module = Patched(program, patch ?? new PatchOptions());
        OptimizeStage.Apply(new OptimizeOptions(), module);
        return CodegenStage.Generate(options ?? new CodegenOptions(), module);
    }
}
