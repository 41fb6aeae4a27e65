using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Tests;

/// <summary>What becomes of a module.</summary>
public sealed class LlvmModuleTests : LlvmTests
{
    [Theory]
    [InlineData("X")]
    [InlineData("\\01X")]
    public void One_whose_assembly_code_cannot_be_read_is_not_written(string code)
    {
        using LlvmModule module = TestLlvm.Parse(Context, $$"""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            module asm "{{code}}"
            define i32 @prog() {
              ret i32 0
            }
            """);
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Empty(Context.Diagnostics);

        module.Write(path);

        Assert.True(Context.Diagnostics.Count > 0, module.ToText());
        Assert.False(File.Exists(path));
    }
}
