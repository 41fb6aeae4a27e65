using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Stages.Tests.Verify;

/// <summary>What people are told of a loader's report.</summary>
public sealed class VerdictTests : LlvmTests
{
    [Fact]
    public void The_end_of_a_log_has_the_objects_own_source_lines()
    {
        Diagnostic finding = FindingOf("""
            ; r0 = 1 @ main.rs:99
            0: (b7) r0 = 1
            1: (7b) *(u64 *)(r10 -8) = r0
            2: (07) r0 += 1
            invalid something at insn 2
            """);

        string[] shown = finding.Detail!.Split('\n');
        Assert.DoesNotContain("; r0 = 1 @ main.rs:99", shown);
        Assert.Equal("; src/main.rs:41", shown[0]);
        Assert.Equal(["; src/main.rs:41", "; src/main.rs:42"], shown.Where(static line => line.StartsWith(';')));
        Assert.Equal("src/main.rs", finding.File);
    }

    [Fact]
    public void What_is_too_large_has_the_place_of_the_program()
    {
        Diagnostic finding = FindingOf("""
            BPF program is too large. Processed 1000001 insn
            processed 1000001 insns (limit 1000000) max_states_per_insn 28 total_states 30933 peak_states 518 mark_read 0
            """);

        Assert.Equal(("prog", "src/main.rs", 41), (finding.Function, finding.File, finding.Line));
        Assert.Contains("a loop runs too often: bound it lower", finding.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The sequence of 8193 jumps is too complex.", "A loop has no bound")]
    [InlineData("the call stack of 9 frames is too deep !", "Calls nest deeper")]
    [InlineData("R0 !read_ok", "A program has to return an integer")]
    [InlineData("R2 !read_ok", "A register or a variable is used")]
    [InlineData("math between map_value pointer and register with unbounded min value is not allowed", "Check the index against a constant, or mask it")]
    [InlineData("invalid unbounded variable-offset read from stack R2", "Check the index against a constant, or mask it")]
    [InlineData("math between fp pointer and register with unbounded min value is not allowed", "Check the index against a constant, or mask it")]
    [InlineData("dereference of modified ctx ptr R1 off=8 disallowed", "A field of the context is only read and written at a constant offset")]
    [InlineData("variable ctx access var_off=(0x0; 0x8) disallowed", "A field of the context is only read and written at a constant offset")]
    [InlineData("invalid bpf_context access off=52 size=2", "A program of this type may not access this field of its context")]
    [InlineData("R1 invalid mem access 'scalar'", "The verifier does not know what the address points to")]
    [InlineData("R1 invalid mem access 'inv'", "The verifier does not know what the address points to")]
    [InlineData("R0 invalid mem access 'map_value_or_null'", "Check the pointer for null")]
    public void A_verdict_has_a_hint(string verdict, string hint)
    {
        Diagnostic finding = FindingOf($"0: (b7) r0 = 1\nmark_precise: frame0: last_idx 1\n{verdict}");

        Assert.EndsWith($": {verdict}", finding.Message, StringComparison.Ordinal);
        Assert.StartsWith(hint, finding.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_only_RedBPFs_loader_gives_a_map_are_no_mistake_of_the_program()
    {
        const string Log = "0: (85) call bpf_spin_lock#93\nmap 'LOCKS' has to have BTF in order to use bpf_spin_lock";

        Diagnostic elsewhere = FindingOf(Log);
        Diagnostic finding = FindingOf(Log, Program + "\n@types = global i32 0, section \"maps.ext\"");

        Assert.Null(elsewhere.Hint);
        Assert.StartsWith("The types of the map's key and value are only in maps.ext, which RedBPF's loader reads and check leaves out", finding.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fentry/nowhere", "tracing", 3, "prog 'prog': failed to find kernel BTF type ID of 'nowhere': -3 ; prog 'prog': failed to prepare load attributes: -3 ; prog 'prog': failed to load: -3 ; failed to load object 'probe'", "failed to find kernel BTF type ID of 'nowhere'", "This kernel does not have what the program attaches to: look at the name in its section, fentry/nowhere")]
    [InlineData("odd", "", 22, "prog 'prog': missing BPF prog type, check ELF section name 'odd' ; prog 'prog': failed to load: -22 ; failed to load object 'probe'", "missing BPF prog type, check ELF section name 'odd'", "Nothing tells what kind of program it is")]
    [InlineData("xdp", "xdp", 22, "map 'COUNTS': failed to create: Invalid argument(-22) ; failed to load object 'probe'", "map 'COUNTS': failed to create: Invalid argument(-22)", "This kernel does not take the map as it is defined")]
    [InlineData("tp_btf/sys_enter", "tracing", 22, "extern (func ksym) 'nowhere': not found in kernel or module BTFs ; failed to load object 'probe'", "extern (func ksym) 'nowhere': not found in kernel or module BTFs", "This kernel does not have the symbol, or has it with other types")]
    [InlineData("xdp", "xdp", 22, "prog 'prog': failed to load: -22", "error 22", "This kernel may not know")]
    public void A_program_that_the_verifier_has_not_looked_at_has_its_cause_and_its_place(string section, string type, int error, string messages, string cause, string hint)
    {
        var program = new ProgramReport("prog", section, type, ProgramState.Rejected, error, "", [.. messages.Split(" ; ")], []);

        Diagnostic finding = Assert.Single(Verdict.Of(new LoadReport("v1.1", "6.1.0", 0, [], [program]), Compile(Program), 12).Diagnostics);

        Assert.Equal(("BPFI2704", $"program prog cannot be loaded: {cause}", "prog", "src/main.rs", 41), (finding.Id, finding.Message, finding.Function, finding.File, finding.Line));
        Assert.StartsWith(hint, finding.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lockdown,capability", "lsm", "The kernel lacks bpf in its list of security modules (lockdown,capability) and runs no LSM program: boot it with lsm=lockdown,capability,bpf.")]
    [InlineData("capability,bpf", "lsm", "bpf is among the kernel's security modules (capability,bpf), so something else forbids it")]
    [InlineData(null, "lsm", "LSM programs need bpf among the kernel's security modules: see /sys/kernel/security/lsm")]
    [InlineData("lockdown,capability", "tracing", "This kernel does not permit it and does not say why")]
    public void An_LSM_program_that_is_not_permitted_has_what_the_kernel_lacks(string? modules, string type, string hint)
    {
        var program = new ProgramReport("prog", "lsm/task_kill", type, ProgramState.Rejected, 1, "", ["prog 'prog': BPF program load failed: Operation not permitted"], []);
        var report = new LoadReport("v1.1", "6.1.0", 0, [], [program]) { SecurityModules = modules };

        Diagnostic finding = Assert.Single(Verdict.Of(report, Compile(Program), 12).Diagnostics);

        Assert.Equal("program prog cannot be loaded: BPF program load failed: Operation not permitted", finding.Message);
        Assert.StartsWith(hint, finding.Hint, StringComparison.Ordinal);
    }

    // What is of the standard library was called by line 43; where only DWARF says so, it was near the line before it.
    [Theory]
    [InlineData(1, true, 41)]
    [InlineData(2, true, 43)]
    [InlineData(3, true, 43)]
    [InlineData(2, false, 41)]
    [InlineData(3, false, 41)]
    public void A_place_is_the_users_own_line(int instruction, bool strip, int line)
    {
        Diagnostic finding = FindingOf(
            $"{instruction}: (07) r0 += 1\ninvalid something\n",
            Program.Replace("!9 = !DILocation(line: 42, scope: !4)", """
                !9 = !DILocation(line: 2095, scope: !10, inlinedAt: !12)
                !12 = distinct !DILocation(line: 43, scope: !4)
                !10 = distinct !DISubprogram(name: "read", file: !11, line: 2000, type: !5, unit: !0, spFlags: DISPFlagDefinition)
                !11 = !DIFile(filename: "/usr/src/rustc-1.96.0/library/core/src/ptr/mod.rs", directory: "/workspace")
                """, StringComparison.Ordinal), strip);

        Assert.Equal(("src/main.rs", line), (finding.File, finding.Line));
    }

    [Fact]
    public void An_object_without_lines_has_no_place_but_the_function()
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program);
        PatchStage.Apply(new PatchOptions { LineInfo = false }, module);

        Diagnostic finding = FindingOf("1: (07) r0 += 1\ninvalid something\n", CodegenStage.Generate(new CodegenOptions(), module)!);

        Assert.Equal(("prog", null, 0), (finding.Function, finding.File, finding.Line));
        Assert.DoesNotContain("bpfincr", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_without_a_program_is_not_accepted()
    {
        Verdict verdict = Verdict.Of(new LoadReport("v1.1", "6.1.0", 0, [], []), Compile(Program), 12);

        Assert.False(verdict.IsAccepted);
        Assert.Equal(("BPFI2706", "the object has no program that could be loaded"), (verdict.Diagnostics[0].Id, verdict.Diagnostics[0].Message));
    }

    private Diagnostic FindingOf(string log, string source = Program, bool strip = true) => FindingOf(log, Compile(source, strip));

    private static Diagnostic FindingOf(string log, byte[] content)
    {
        var program = new ProgramReport("prog", "xdp", "xdp", ProgramState.Rejected, 22, log, [], []);
        return Assert.Single(Verdict.Of(new LoadReport("v1.1", "6.1.0", 0, [], [program]), content, 12).Diagnostics);
    }

    private byte[] Compile(string source, bool strip = true)
    {
        using LlvmModule module = TestLlvm.Parse(Context, source);
        byte[] content = CodegenStage.Generate(new CodegenOptions { Strip = strip }, module)!;
        Assert.Empty(Context.Diagnostics);
        return content;
    }

    // Two instructions of the first line, and three of the second.
    private const string Program = """
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        define i32 @prog(ptr %Context) section "xdp" !dbg !4 {
          %a = alloca i64
          store volatile i64 1, ptr %a, !dbg !6
          %b = load volatile i32, ptr %a, !dbg !9
          ret i32 %b, !dbg !9
        }
        !llvm.dbg.cu = !{!0}
        !llvm.module.flags = !{!2}
        !0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1, emissionKind: FullDebug)
        !1 = !DIFile(filename: "src/main.rs", directory: "/workspace")
        !2 = !{i32 2, !"Debug Info Version", i32 3}
        !4 = distinct !DISubprogram(name: "prog", file: !1, line: 41, type: !5, unit: !0, spFlags: DISPFlagDefinition)
        !5 = !DISubroutineType(types: !{!7, !8})
        !6 = !DILocation(line: 41, scope: !4)
        !7 = !DIBasicType(name: "i32", size: 32, encoding: DW_ATE_signed)
        !8 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
        !9 = !DILocation(line: 42, scope: !4)
        """;
}
