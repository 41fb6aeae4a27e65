using System.Text;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Tests;

/// <summary>Numbers of 16 bits that are compared again and again.</summary>
public sealed class NarrowComparisonsTests : LlvmTests
{
    // Two branches ask for two numbers.
    [Theory]
    [InlineData("i16 %x", "")]
    [InlineData("i64 %x0", "%x = trunc i64 %x0 to i16")]
    public void The_bits_above_one_are_cleared_once(string parameter, string before)
    {
        string assembly = Assembly(parameter, before, "eq");

        Assert.Equal(2, assembly.Split("&= 65535").Length);
        Assert.Equal(3, assembly.Split("if w").Length);
    }

    [Fact]
    public void What_is_loaded_has_none() => Assert.DoesNotContain("&= 65535", Assembly("ptr %p", "%x = load i16, ptr %p", "eq"), StringComparison.Ordinal);

    private string Assembly(string parameter, string before, string predicate)
    {
        using LlvmModule module = TestLlvm.Parse(Context, $$"""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            define i64 @prog({{parameter}}) section "socket" {
              {{before}}
              %first = icmp {{predicate}} i16 %x, 7001
              br i1 %first, label %found, label %next
            next:
              call void asm sideeffect "r1 = 1", ""()
              %second = icmp {{predicate}} i16 %x, 8002
              br i1 %second, label %found, label %end
            found:
              ret i64 1
            end:
              ret i64 0
            }
            """);
        byte[] content = CodegenStage.Generate(new CodegenOptions { Cpu = BpfCpu.V3, Emit = EmittedFile.Assembly }, module)!;
        Assert.Empty(Context.Diagnostics);
        return Encoding.UTF8.GetString(content);
    }
}
