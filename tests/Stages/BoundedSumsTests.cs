using System.Text;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>What comes of two values that have no bit in common, with kernels that know nothing of an <c>or</c>.</summary>
public sealed class BoundedSumsTests : LlvmTests
{
    [Theory]
    [InlineData("result")]
    [InlineData("place")]
    [InlineData("argument")]
    public void A_place_and_an_argument_are_sums_and_nothing_else_is(string use)
    {
        string assembly = Assembly("or disjoint i64 %high, %low", use);

        if (use == "result") Assert.Contains("|=", assembly, StringComparison.Ordinal);
        else Assert.DoesNotContain("|=", assembly, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("or i64 %high, %low")]
    [InlineData("or i64 %low, %high")]
    [InlineData("or i64 %high, %small")]
    [InlineData("or i64 %high, %chosen")]
    public void Values_that_have_no_bit_in_common_are_found(string operation) =>
        Assert.DoesNotContain("|=", Assembly(operation, "place"), StringComparison.Ordinal);

    [Fact]
    public void Values_that_may_have_a_bit_in_common_are_joined() =>
        Assert.Contains("|=", Assembly("or i64 %word, %low", "place"), StringComparison.Ordinal);

    [Fact]
    public void A_number_is_known_to_the_kernel() =>
        Assert.Contains("|= 1", Assembly("or disjoint i64 %high, 1", "argument"), StringComparison.Ordinal);

    private string Assembly(string operation, string use)
    {
        string what = use switch
        {
            "place" => "%at = getelementptr i8, ptr %value, i64 %both\n  %byte = load i8, ptr %at\n  %result = zext i8 %byte to i32",
            "argument" => "%result = call i32 inttoptr (i64 4 to ptr)(ptr %value, i64 %both, ptr %context)",
            _ => "%result = trunc i64 %both to i32",
        };
        using LlvmModule module = TestLlvm.Parse(Context, $$"""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            define i32 @prog(ptr %context) section "socket" {
              %value = alloca [64 x i8]
              %word = load volatile i64, ptr %context
              %part = and i64 %word, 7
              %high = shl i64 %part, 3
              %other = lshr i64 %word, 32
              %low = and i64 %other, 7
              %bit = trunc i64 %other to i1
              %small = zext i1 %bit to i64
              %chosen = select i1 %bit, i64 %low, i64 5
              %both = {{operation}}
              {{what}}
              ret i32 %result
            }
            """);
        PatchStage.Apply(new PatchOptions(), module);
        string assembly = Encoding.UTF8.GetString(CodegenStage.Generate(new CodegenOptions { Emit = EmittedFile.Assembly }, module)!);
        Assert.Empty(Context.Diagnostics);
        return assembly;
    }
}
