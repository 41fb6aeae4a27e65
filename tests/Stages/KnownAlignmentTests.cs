using System.Text;
using System.Text.RegularExpressions;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Tests;

/// <summary>Loads and stores of words of which rustc promises no alignment.</summary>
public sealed partial class KnownAlignmentTests : LlvmTests
{
    [Theory]
    [InlineData("%context", 0, 1)]
    [InlineData("%context", 4, 2)]
    [InlineData("%context", 3, 8)]
    [InlineData("%value", 16, 1)]
    [InlineData("%value", 2, 4)]
    [InlineData("%stack", 8, 1)]
    [InlineData("%unknown", 0, 8)]
    public void A_word_is_loaded_in_as_few_parts_as_its_place_allows(string place, int offset, int loads)
    {
        using LlvmModule module = TestLlvm.Parse(Context, $$"""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            @map = global [16 x i8] zeroinitializer, section ".maps", align 8
            define i64 @prog(ptr %context) section "kprobe" {
              %stack = alloca [32 x i8], align 1
              call void asm sideeffect "", "r,~{memory}"(ptr %stack)
              %unknown = call ptr asm "$0 = 1 ll", "=r"()
              %value = call ptr inttoptr (i64 1 to ptr)(ptr @map, ptr %stack)
              %missing = icmp eq ptr %value, null
              br i1 %missing, label %end, label %found
            found:
              %place = getelementptr i8, ptr {{place}}, i64 {{offset}}
              %word = load i64, ptr %place, align 1
              ret i64 %word
            end:
              ret i64 0
            }
            """);
        string assembly = Encoding.UTF8.GetString(CodegenStage.Generate(new CodegenOptions { Emit = EmittedFile.Assembly }, module)!);
        Assert.Empty(Context.Diagnostics);

        Assert.Equal(loads, Load().Count(assembly));
    }

    [GeneratedRegex(@"[rw]\d+ = \*\(u\d+ \*\)")]
    private static partial Regex Load();
}
