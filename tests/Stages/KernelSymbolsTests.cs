using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Functions of the kernel's that a program calls: rustc declares them without a type, and clang with one.</summary>
public sealed class KernelSymbolsTests : LlvmTests
{
    private const string Lock = "declare void @bpf_rcu_read_lock() ; declare void @bpf_rcu_read_unlock() ; ";
    private const string Locked = "call void @bpf_rcu_read_lock() ; call void @bpf_rcu_read_unlock()";
    private const string Tasks = "declare ptr @bpf_task_from_pid(i32) ; declare void @bpf_task_release(ptr) ; ";

    private const string FromPid =
        "%task = call ptr @bpf_task_from_pid(i32 1) ; %none = icmp eq ptr %task, null ; br i1 %none, label %end, label %some ; some: ; call void @bpf_task_release(ptr %task) ; br label %end ; end:";

    // As rustc makes it of #[linkage = "extern_weak"] static bpf_rcu_read_lock: Option<unsafe extern "C" fn()>.
    private const string Weak =
        "@NAME = extern_weak global i8 ; @_rust_extern_with_linkage_NAME = internal global ptr @NAME ; ";

    private const string CalledIfThere =
        "%at = load ptr, ptr @_rust_extern_with_linkage_NAME ; %none = icmp eq ptr %at, null ; br i1 %none, label %end, label %some ; some: ; call void %at() ; call void @bpf_rcu_read_unlock() ; br label %end ; end:";

    // As clang makes it of extern void bpf_rcu_read_lock(void) __ksym, and of a function that no table knows.
    private const string OfC =
        "declare !dbg !20 void @bpf_rcu_read_lock() section \".ksyms\" ; declare !dbg !21 void @bpf_rcu_read_unlock() section \".ksyms\" ; ";

    // A symbol without a type, extern const void schedule __ksym: many kernels list no variables.
    private const string Variable = "@schedule = external constant i8, section \".ksyms\", !dbg !30 ; ";
    private const string WeakVariable = "@no_such_variable = extern_weak constant i32, section \".ksyms\", !dbg !33 ; ";
    private const string Address = "store volatile ptr @NAME, ptr %place";

    [Theory]
    [InlineData(Lock, Locked, "bpf_rcu_read_lock", "bpf_rcu_read_unlock")]
    [InlineData(Tasks, FromPid, "bpf_task_from_pid", "bpf_task_release")]
    [InlineData(OfC, Locked, "bpf_rcu_read_lock", "bpf_rcu_read_unlock")]
    [InlineData(Variable, Address, "schedule")]
    [InlineData(WeakVariable, Address, "no_such_variable")]
    public void The_kernel_takes_a_program_that_uses_what_it_has(string declarations, string body, params string[] symbols)
    {
        using var kernel = new KernelLoader();
        foreach (bool lineInfo in (bool[])[true, false])
        {
            byte[] made = Compile(declarations, body.Replace("NAME", symbols[0], StringComparison.Ordinal), new PatchOptions { LineInfo = lineInfo })!;

            Assert.Empty(Context.Diagnostics);
            Assert.Equal(symbols, Codegen.Btf.KernelSymbolNames.Of(made).Order(StringComparer.Ordinal));
            Load(kernel, made);
        }
    }

    // What no kernel has is null, and the branch that would call it is never taken.
    [Fact]
    public void What_is_weak_may_be_missing()
    {
        using var kernel = new KernelLoader();

        byte[] there = Compile($"{Weak.Replace("NAME", "bpf_rcu_read_lock", StringComparison.Ordinal)}declare void @bpf_rcu_read_unlock() ; ", CalledIfThere.Replace("NAME", "bpf_rcu_read_lock", StringComparison.Ordinal))!;
        byte[] missing = Compile(
            "declare !dbg !22 extern_weak void @no_such_function() section \".ksyms\" ; ",
            "%none = icmp eq ptr @no_such_function, null ; br i1 %none, label %end, label %some ; some: ; call void @no_such_function() ; br label %end ; end:",
            codegen: new CodegenOptions { KernelFunctions = false })!;

        Assert.Empty(Context.Diagnostics);
        Load(kernel, there);
        Load(kernel, missing);
    }

    [Theory]
    [InlineData("declare void @bpf_rcu_read_lok() ; ", "call void @bpf_rcu_read_lok()", true, "BPFI2504", "unresolved symbol bpf_rcu_read_lok, which prog needs", "Did you mean bpf_rcu_read_lock, which kernels have?")]
    [InlineData("declare void @quite_another() ; ", "call void @quite_another()", true, "BPFI2504", "unresolved symbol quite_another, which prog needs", "Define it, or remove the use.")]
    [InlineData("declare !dbg !22 void @no_such_function() ; ", "call void @no_such_function()", true, "BPFI2504", "unresolved symbol no_such_function, which prog needs", "Define it, or remove the use.")]
    [InlineData("declare void @bpf_task_release(i64) ; ", "call void @bpf_task_release(i64 1)", true, "BPFI2505", "bpf_task_release is not declared as kernels have it", "Declare it with these parameters: fn(*struct task_struct) -> void.")]
    [InlineData("declare void @bpf_task_release() ; ", "call void @bpf_task_release()", true, "BPFI2505", "bpf_task_release is not declared as kernels have it", "Declare it with these parameters: fn(*struct task_struct) -> void.")]
    [InlineData(Lock, "call void @bpf_rcu_read_lock()", false, "BPFI2428", "bpf_rcu_read_lock is a function of the kernel's, and the variant's kernel has none that programs may call", "use a helper")]
    public void What_cannot_be_resolved_is_named_with_its_line(string declarations, string body, bool kernelFunctions, string id, string message, string hint)
    {
        Assert.Null(Compile(declarations, body, codegen: new CodegenOptions { KernelFunctions = kernelFunctions }));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal((id, message, "src/main.rs", 42), (finding.Id, finding.Message, finding.File, finding.Line));
        Assert.StartsWith(hint, finding.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_types_loaders_cannot_find_it()
    {
        Assert.Null(Compile(Lock, Locked, new PatchOptions { Btf = false }));

        Assert.All(Context.Diagnostics, static finding => Assert.Equal("BPFI2504", finding.Id));
        Assert.All(Context.Diagnostics, static finding => Assert.StartsWith("It is a function of the kernel's, which loaders find by its type", finding.Hint, StringComparison.Ordinal));
    }

    private void Load(KernelLoader kernel, byte[] made)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, made);
            kernel.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private byte[]? Compile(string declarations, string body, PatchOptions? patch = null, CodegenOptions? codegen = null)
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program(declarations, body));
        PatchStage.Apply(patch ?? new PatchOptions(), module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        return CodegenStage.Generate(codegen ?? new CodegenOptions(), module);
    }

    private static string Program(string declarations, string body) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @LICENSE = constant [4 x i8] c"GPL\00", section "license"
        {{declarations.Replace(" ; ", "\n", StringComparison.Ordinal)}}
        define i32 @prog(ptr %context) section "tp_btf/sys_enter" !dbg !4 {
          %place = alloca i64
        {{string.Join('\n', body.Split(" ; ").Select(static statement => statement.EndsWith(':') ? statement : $"  {statement}, !dbg !6"))}}
          ret i32 0, !dbg !6
        }
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug)
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 40, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{!34, !35})
        !6 = !DILocation(line: 42, scope: !4)
        !19 = !DISubroutineType(types: !{null})
        !20 = !DISubprogram(name: "bpf_rcu_read_lock", scope: !1, file: !1, line: 1, type: !19, spFlags: DISPFlagOptimized)
        !21 = !DISubprogram(name: "bpf_rcu_read_unlock", scope: !1, file: !1, line: 2, type: !19, spFlags: DISPFlagOptimized)
        !22 = !DISubprogram(name: "no_such_function", scope: !1, file: !1, line: 3, type: !19, spFlags: DISPFlagOptimized)
        !30 = !DIGlobalVariableExpression(var: !31, expr: !DIExpression())
        !31 = distinct !DIGlobalVariable(name: "schedule", scope: !0, file: !1, line: 4, type: !37, isLocal: false, isDefinition: false)
        !32 = !DIDerivedType(tag: DW_TAG_const_type, baseType: !34)
        !37 = !DIDerivedType(tag: DW_TAG_const_type, baseType: null)
        !33 = !DIGlobalVariableExpression(var: !36, expr: !DIExpression())
        !34 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
        !35 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !34, size: 64)
        !36 = distinct !DIGlobalVariable(name: "no_such_variable", scope: !0, file: !1, line: 5, type: !32, isLocal: false, isDefinition: false)
        """;
}
