using System.Globalization;
using System.Text;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Tests;

/// <summary>Branches over more instructions than an instruction can say.</summary>
public sealed class BranchReachTests : LlvmTests
{
    // The branch goes over the blocks, and over the first one's end.
    [Theory]
    [InlineData(BpfCpu.V3, 327, 60, true)]
    [InlineData(BpfCpu.V3, 328, 0, false)]
    [InlineData(BpfCpu.V1, 400, 0, false)]
    [InlineData(BpfCpu.V4, 400, 0, true)]
    public void A_function_with_one_that_goes_too_far_is_named(BpfCpu cpu, int blocks, int more, bool isSound)
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program(blocks, more));

        byte[]? content = CodegenStage.Generate(new CodegenOptions { Cpu = cpu }, module);

        if (isSound)
        {
            Assert.Empty(Context.Diagnostics);
            Assert.NotNull(content);
            return;
        }

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Null(content);
        Assert.Equal("BPFI2429", finding.Id);
        Assert.StartsWith("long has a branch over ", finding.Message, StringComparison.Ordinal);
        Assert.Contains("choose cpu v4", finding.Hint, StringComparison.Ordinal);
    }

    // One instruction for each store.
    private static string Program(int blocks, int more)
    {
        var text = new StringBuilder("""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            @LICENSE = constant [4 x i8] c"GPL\00", section "license"
            define i64 @short(ptr %p) section "socket" {
              ret i64 0
            }
            define i64 @long(ptr %p, i64 %x) section "socket" {
            start:
              %none = icmp eq i64 %x, 0
              br i1 %none, label %end, label %block0
            """);
        for (int i = 0; i < blocks; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nblock{i}:\n");
            for (int j = 0; j < (i == 0 ? 100 + more : 100); j++) text.Append("  store volatile i64 %x, ptr %p\n");
            text.Append(CultureInfo.InvariantCulture, $"  br label %{(i == blocks - 1 ? "end" : $"block{i + 1}")}");
        }

        return text.Append("\nend:\n  ret i64 %x\n}\n").ToString();
    }
}
