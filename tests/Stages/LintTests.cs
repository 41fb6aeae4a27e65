using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Tests that have a program compiled of which each statement is on line 42 of <c>src/main.rs</c>, and look at what is found.</summary>
public abstract class LintTests : LlvmTests
{
    private protected byte[]? Compile(string body, BpfCpu cpu) => Compile(body, new CodegenOptions { Cpu = cpu });

    private protected byte[]? Compile(string body, CodegenOptions options) => CompileProgram(Program(body), options);

    private protected void AssertFound(string id, string message, string function, int line)
    {
        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal((id, message, function, "src/main.rs", line), (finding.Id, finding.Message, finding.Function, finding.File, finding.Line));
    }

    private protected byte[]? CompileProgram(string program, CodegenOptions options, InlinePolicy inline = InlinePolicy.All)
    {
        using LlvmModule module = TestLlvm.Parse(Context, program);
        PatchStage.Apply(new PatchOptions { Inline = inline }, module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        return CodegenStage.Generate(options, module);
    }

    // Each statement is on line 42.
    private protected static string Program(string body) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @COUNTS = global [5 x i32] zeroinitializer, section "maps/counts"
        @LIMIT = global i64 5
        @.text = private constant [4 x i8] c"abc\00"
        declare i64 @nowhere(i64)
        @LIMIT_OF_ANOTHER = external global i64
        declare i32 @rust_eh_personality(...)
        define internal i64 @by_value(ptr byval([5 x i64]) %a) noinline { store volatile i64 1, ptr %a %b = load volatile i64, ptr %a ret i64 %b }
        define internal swiftcc i64 @swift(i64 %a) noinline { ret i64 %a }
        define internal void @may_unwind(ptr %p) noinline { store volatile i8 1, ptr %p ret void }
        declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
        declare {i64, i1} @llvm.smul.with.overflow.i64(i64, i64)
        declare void @llvm.memcpy.element.unordered.atomic.p0.p0.i64(ptr, ptr, i64, i32)
        declare void @llvm.memmove.element.unordered.atomic.p0.p0.i64(ptr, ptr, i64, i32)
        declare void @llvm.memset.element.unordered.atomic.p0.i64(ptr, i8, i64, i32)
        define i64 @prog(ptr %p, ptr %q, i64 %n) section "socket" {{(body.Contains("landingpad", StringComparison.Ordinal) ? "personality ptr @rust_eh_personality " : "")}}!dbg !4 {
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
