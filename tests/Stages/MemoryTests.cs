using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Operations on memory, for which LLVM would call functions that no kernel has.</summary>
public sealed class MemoryTests : LlvmTests
{
    private const string CopyInline = "call void @llvm.memcpy.inline.p0.p0.i64(ptr align 8 %other, ptr align 8 %from, i64 SIZE, i1 false)";
    private const string FillInline = "call void @llvm.memset.inline.p0.i64(ptr %from, i8 7, i64 SIZE, i1 false)";
    private const string FillPattern = "call void @llvm.experimental.memset.pattern.p0.i64.i64(ptr align 8 %to, i64 7, i64 SIZE, i1 false)";

    [Theory]
    [InlineData(CopyInline, "1024", true)]
    [InlineData(CopyInline, "1032", false)]
    [InlineData(CopyInline, "4000", false)]
    [InlineData(CopyInline, "%count", false)]
    [InlineData(FillInline, "128", true)]
    [InlineData(FillInline, "129", false)]
    [InlineData(FillInline, "%count", false)]
    [InlineData(FillPattern, "128", true)]
    [InlineData(FillPattern, "%count", true)]
    public void What_is_to_be_inline_stays_where_codegen_makes_little_of_it(string operation, string size, bool stays)
    {
        using LlvmModule module = Optimized(operation.Replace("SIZE", size, StringComparison.Ordinal));

        string name = operation.Split('@', '(')[1];
        Assert.Equal(stays, module.ToText().Contains($"call void @{name}", StringComparison.Ordinal));
        AssertCallsNothing(module);
    }

    [Fact]
    public void A_loop_that_looks_for_the_end_of_a_string_does_not_become_a_call()
    {
        const string Body = "br label %loop ; loop: ; %i = phi i64 [ 0, %0 ], [ %next, %loop ] ; %at = getelementptr i8, ptr %from, i64 %i ; %byte = load i8, ptr %at ; " +
            "%next = add nuw i64 %i, 1 ; %found = icmp eq i8 %byte, 0 ; br i1 %found, label %end, label %loop ; end: ; store i64 %i, ptr %to";

        using LlvmModule module = Optimized(Body);

        Assert.DoesNotContain("strlen", module.ToText(), StringComparison.Ordinal);
    }

    // CStr::from_ptr() calls it.
    [Fact]
    public void The_length_of_a_string_is_found_without_a_call()
    {
        using LlvmModule module = Optimized("%length = call i64 @strlen(ptr %from) ; store i64 %length, ptr %to");

        AssertCallsNothing(module);
    }

    [Fact]
    public void A_function_that_only_has_the_name_of_one_in_C_is_called()
    {
        using LlvmModule module = Optimized("%length = call i64 @strlen(ptr %from, i64 %count) ; store i64 %length, ptr %to", declare: "declare i64 @strlen(ptr, i64)");

        Assert.Contains("call i64 @strlen", module.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%r = call i64 @memcmp(ptr %from, ptr %to, i64 %count) ; store i64 %r, ptr %to", "declare i64 @memcmp(ptr, ptr, i64)", "memcmp")]
    [InlineData("%r = call i64 @memcmp(i64 1, i64 2, i64 %count) ; store i64 %r, ptr %to", "declare i64 @memcmp(i64, i64, i64)", "memcmp")]
    [InlineData("call void @memset(ptr %from, ptr %to, i64 %count)", "declare void @memset(ptr, ptr, i64)", "memset")]
    [InlineData("%r = call ptr @memcpy(ptr %from) ; store ptr %r, ptr %to", "declare ptr @memcpy(ptr, ptr, i64)", "memcpy")]
    [InlineData("%r = call i128 @strlen(ptr %from) ; store i128 %r, ptr %to", "declare i128 @strlen(ptr)", "strlen")]
    [InlineData("%r = call i64 @strlen(ptr %from) ; store i64 %r, ptr %to", "define i64 @strlen(ptr %a) noinline { %v = call i64 asm sideeffect \"\", \"=r,0\"(ptr %a) ret i64 %v }", "strlen", InlinePolicy.Calls)]
    public void A_function_that_has_only_the_name_of_one_of_Cs_is_left_alone(string body, string declare, string name, InlinePolicy inline = InlinePolicy.All)
    {
        using LlvmModule module = Optimized(body, patch: new PatchOptions { Inline = inline }, declare: declare);

        Assert.Contains($"@{name}(", module.ToText(), StringComparison.Ordinal);
        Assert.DoesNotContain("@bpfincr.", module.ToText(), StringComparison.Ordinal);
        Assert.Null(module.Verify());
    }

    [Theory]
    [InlineData("call void @llvm.memset.p0.i64(ptr %place, i8 7, i64 300, i1 true)", "i64 300, i1 true")]
    [InlineData("call void @llvm.memset.p0.i64(ptr %place, i8 7, i64 %count, i1 true)", "store volatile i8")]
    [InlineData("call void @llvm.memset.p0.i64(ptr %place, i8 7, i64 24, i1 true)", "i64 24, i1 true")]
    [InlineData("call void @llvm.memcpy.p0.p0.i64(ptr %place, ptr %from, i64 300, i1 true)", "load volatile i", "store volatile i")]
    [InlineData("call void @llvm.memmove.p0.p0.i64(ptr %place, ptr %from, i64 %count, i1 true)", "load volatile i", "store volatile i")]
    [InlineData("call void @llvm.memcpy.inline.p0.p0.i64(ptr %place, ptr %from, i64 300, i1 true)", "load volatile i", "store volatile i")]
    public void What_is_volatile_is_done_although_nobody_reads_it(string operation, params string[] accesses)
    {
        using LlvmModule module = Optimized($"%place = alloca [300 x i8] ; {operation}");

        string text = module.ToText();
        foreach (string access in accesses)
            Assert.Contains(access, text, StringComparison.Ordinal);
        AssertCallsNothing(module);
    }

    [Fact]
    public void What_is_not_volatile_goes_when_nobody_reads_it()
    {
        using LlvmModule module = Optimized("%place = alloca [300 x i8] ; call void @llvm.memset.p0.i64(ptr %place, i8 7, i64 300, i1 false)");

        Assert.DoesNotContain("alloca", module.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("globaldce", InlinePolicy.All)]
    [InlineData("globaldce", InlinePolicy.Calls)]
    [InlineData("function(sroa)", InlinePolicy.All)]
    [InlineData("default<O2>", InlinePolicy.Calls)]
    public void A_pipeline_that_inlines_nothing_leaves_no_call_of_what_was_lowered(string pipeline, InlinePolicy inline)
    {
        using LlvmModule module = Optimized(
            "call void @llvm.memset.p0.i64(ptr %to, i8 7, i64 %count, i1 false) ; call ptr @memcpy(ptr %to, ptr %from, i64 %count)",
            new OptimizeOptions { Pipeline = pipeline }, new PatchOptions { Inline = inline }, "declare ptr @memcpy(ptr, ptr, i64)");

        AssertCallsNothing(module);
    }

    [Fact]
    public void A_pipeline_that_inlines_nothing_leaves_no_call_where_kernels_know_none()
    {
        using LlvmModule module = Optimized(
            "call void @fill(ptr %to)", new OptimizeOptions { Pipeline = "globaldce" },
            declare: "define internal void @fill(ptr %to) noinline { call void @llvm.memset.p0.i64(ptr %to, i8 7, i64 300, i1 false) ret void }");

        AssertCallsNothing(module);
    }

    // Optimized again, all loads of the comparison are made before the first is used, and unaligned ones are loads of single bytes.
    [Fact]
    public void A_comparison_beside_what_is_lowered_takes_little_stack()
    {
        const string Body = "%place = alloca [128 x i8], align 8 ; call void @llvm.memset.p0.i64(ptr align 8 %place, i8 90, i64 128, i1 false) ; " +
            "%result = call i32 @bcmp(ptr getelementptr (i8, ptr @area, i64 361), ptr %place, i64 128) ; call void @llvm.memset.p0.i64(ptr %to, i8 7, i64 %count, i1 false) ; store i32 %result, ptr %to";
        foreach (BpfCpu cpu in Enum.GetValues<BpfCpu>())
        {
            using LlvmModule module = Optimized(Body, declare: "@area = global [1024 x i8] zeroinitializer, section \".data\", align 8 declare i32 @bcmp(ptr, ptr, i64)");

            AssertCallsNothing(module, cpu);
        }
    }

    // Codegen makes one memcmp of a long chain.
    [Fact]
    public void Many_comparisons_do_not_become_a_call()
    {
        const int Fields = 140;
        string chain = string.Join(" ; ", Enumerable.Range(0, Fields).Select(static i =>
            $"%l{i} = getelementptr i8, ptr %a, i64 {8 * i} ; %r{i} = getelementptr i8, ptr %b, i64 {8 * i} ; %x{i} = load i64, ptr %l{i} ; %y{i} = load i64, ptr %r{i} ; " +
            $"%same{i} = icmp eq i64 %x{i}, %y{i} ; br i1 %same{i}, label %next{i}, label %end ; next{i}:"));
        string function = "define internal i1 @equal(ptr align 8 dereferenceable(1120) %a, ptr align 8 dereferenceable(1120) %b) nofree nosync {\n" +
            $"start:\n{chain.Replace(" ; ", "\n", StringComparison.Ordinal)}\nbr label %end\nend:\n%result = phi i1 [ true, %next{Fields - 1} ], [ false, %start ], " +
            string.Join(", ", Enumerable.Range(0, Fields - 1).Select(static i => $"[ false, %next{i} ]")) + "\nret i1 %result }";

        using LlvmModule module = Optimized("%same = call i1 @equal(ptr %to, ptr %from) ; store i1 %same, ptr %to", declare: function);

        AssertCallsNothing(module);
    }

    private LlvmModule Optimized(string body, OptimizeOptions? options = null, PatchOptions? patch = null, string declare = "declare i64 @strlen(ptr)")
    {
        LlvmModule module = TestLlvm.Parse(Context, Program(body, declare));
        PatchStage.Apply(patch ?? new PatchOptions(), module);
        OptimizeStage.Apply(options ?? new OptimizeOptions(), module);
        Assert.Null(module.Verify());
        return module;
    }

    private void AssertCallsNothing(LlvmModule module, BpfCpu cpu = BpfCpu.Generic)
    {
        byte[]? made = CodegenStage.Generate(new CodegenOptions { Cpu = cpu }, module);
        Assert.Empty(Context.Diagnostics);
        ElfFile file = ElfFile.Read(made);
        Assert.DoesNotContain(file.Symbols, static symbol => symbol.Section == ElfSymbol.Undefined && symbol.Name.Length > 0);
        Assert.Equal("prog", Assert.Single(file.Symbols, static symbol => symbol.Type == ElfSymbol.TypeFunction).Name);
    }

    // Each statement is on line 42.
    private static string Program(string body, string declare) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
        declare void @llvm.memcpy.inline.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memset.inline.p0.i64(ptr, i8, i64, i1)
        declare void @llvm.experimental.memset.pattern.p0.i64.i64(ptr, i64, i64, i1)
        {{declare}}
        define i64 @prog(ptr %to, ptr %from, i64 %count, ptr %other) section "socket" !dbg !4 {
        {{string.Join('\n', body.Split(" ; ").Select(s => s.EndsWith(':') ? s : $"  {s}, !dbg !6"))}}
          ret i64 0, !dbg !6
        }
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug)
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{null})
        !6 = !DILocation(line: 42, scope: !4)
        """;
}
