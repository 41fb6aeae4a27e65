using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Where panics are rejected, each that remains says which one it is, and where.</summary>
public sealed class PanicTests : LlvmTests
{
    [Theory]
    [InlineData("_ZN4core9panicking18panic_bounds_check17h0123456789abcdefE", "i64 %n, i64 4, ptr null", "an index can be out of bounds", "Use get(), or compare the index")]
    [InlineData("_ZN4core9panicking11panic_const24panic_const_add_overflow17h0123456789abcdefE", "ptr null", "an addition can overflow", "Use the wrapping")]
    [InlineData("_ZN4core9panicking11panic_const24panic_const_shl_overflow17h0123456789abcdefE", "ptr null", "a shift can overflow", "Use the wrapping")]
    [InlineData("_ZN4core9panicking11panic_const23panic_const_div_by_zero17h0123456789abcdefE", "ptr null", "a division by zero", "Compare the divisor")]
    [InlineData("_ZN4core6option13unwrap_failed17h0123456789abcdefE", "ptr null", "unwrap() of a None", "Use a match")]
    [InlineData("_ZN4core6option13expect_failed17h0123456789abcdefE", "ptr @text, i64 6, ptr null", "expect() of a None: \"no key\"", "Use a match")]
    [InlineData("_ZN4core6option13expect_failed17h0123456789abcdefE", "ptr %p, i64 %n, ptr null", "expect() of a None", "Use a match")]
    [InlineData("_ZN4core6result13unwrap_failed17h0123456789abcdefE", "ptr @text, i64 6, ptr %p, ptr null, ptr null", "unwrap() or expect() of an Err: \"no key\"", "Use a match")]
    [InlineData("_ZN4core9panicking5panic17h0123456789abcdefE", "ptr @text, i64 99, ptr null", "a panic: \"no key\"", "Check before it")]
    [InlineData("_ZN4core9panicking9panic_fmt17h0123456789abcdefE", "ptr null, ptr null", "a panic!, or an assertion that can fail", "Check before it")]
    [InlineData("_ZN4core5slice5index26slice_start_index_len_fail17h0123456789abcdefE", "i64 %n, i64 4, ptr null", "a range can be out of bounds", "Use get(), or compare the range")]
    [InlineData("_ZN4core4cell22panic_already_borrowed17h0123456789abcdefE", "ptr null", "core::cell::panic_already_borrowed is called", "Check before it")]
    public void A_panic_that_remains_says_which_one_it_is(string symbol, string arguments, string what, string hint)
    {
        Run(Program(symbol, arguments, "%bad = icmp ugt i64 %n, 3"));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(
            ("BPFI2310", $"prog can panic here: {what}", "prog", "src/main.rs", 42), (finding.Id, finding.Message, finding.Function, finding.File, finding.Line));
        Assert.StartsWith(hint, finding.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_panic_that_cannot_be_reached_is_none()
    {
        Run(Program("_ZN4core6option13expect_failed17h0123456789abcdefE", "ptr @text, i64 6, ptr null", "%low = and i64 %n, 3 \n %bad = icmp ugt i64 %low, 3"));

        Assert.Empty(Context.Diagnostics);
    }

    [Fact]
    public void A_panic_that_nothing_defines_says_that_it_can_be_reached()
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program("_ZN4core9panicking18panic_bounds_check17h0123456789abcdefE", "i64 %n, i64 4, ptr null", "%bad = icmp ugt i64 %n, 3"));
        PatchStage.Apply(new PatchOptions { Panic = PanicPolicy.Keep }, module);
        CodegenStage.Generate(new CodegenOptions(), module);

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(
            ("BPFI2504", "unresolved symbol core::panicking::panic_bounds_check, which prog needs for a panic that can be reached: an index can be out of bounds", "src/main.rs", 42),
            (finding.Id, finding.Message, finding.File, finding.Line));
        Assert.StartsWith("Use get(), or compare the index", finding.Hint, StringComparison.Ordinal);
    }

    private void Run(string program)
    {
        using LlvmModule module = TestLlvm.Parse(Context, program);
        PatchStage.Apply(new PatchOptions { Panic = PanicPolicy.Reject }, module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
    }

    private static string Program(string symbol, string arguments, string condition) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @text = private constant <{ [6 x i8] }> <{ [6 x i8] c"no key" }>
        declare void @{{symbol}}({{string.Join(", ", arguments.Split(", ").Select(static argument => argument.Split(' ')[0]))}}) noreturn
        define i64 @prog(ptr %p) section "socket" !dbg !4 {
          %n = load volatile i64, ptr %p
          {{condition}}
          br i1 %bad, label %panic, label %end
        panic:
          call void @{{symbol}}({{arguments}}), !dbg !6
          unreachable
        end:
          ret i64 0
        }
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug)
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{})
        !6 = !DILocation(line: 42, scope: !4)
        """;
}
