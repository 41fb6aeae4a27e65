using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>What kernels before 5.2 and 5.3 do not take: global data, loops, and more than 4,096 instructions.</summary>
public sealed class OldKernelLintTests : LintTests
{
    private const string Stores =
        "store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p ; " +
        "store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p ; store volatile i64 1, ptr %p";

    [Theory]
    [InlineData("%a = load volatile i64, ptr @LIMIT", "LIMIT is global data, which the variant's kernel does not have")]
    [InlineData("store volatile i64 1, ptr getelementptr (i8, ptr @LIMIT, i64 0)", "LIMIT is global data, which the variant's kernel does not have")]
    [InlineData("store volatile [2 x ptr] [ptr null, ptr @LIMIT], ptr %p", "LIMIT is global data, which the variant's kernel does not have")]
    [InlineData("%a = call i64 inttoptr (i64 6 to ptr)(ptr @.text, i64 4)", "a constant whose address is taken is global data, which the variant's kernel does not have")]
    public void Global_data_is_named_where_the_kernel_has_none(string body, string message)
    {
        Assert.Null(Compile(body, new CodegenOptions { GlobalData = false }));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("BPFI2424", message, "prog", "src/main.rs", 42), (finding.Id, finding.Message, finding.Function, finding.File, finding.Line));
    }

    [Theory]
    [InlineData("%a = atomicrmw or ptr %p, i64 1 monotonic", AtomicSupport.Add, "BPF has no atomic operations but additions, before kernel 5.12")]
    [InlineData("%a = atomicrmw sub ptr %p, i64 %n monotonic", AtomicSupport.Add, "BPF has no atomic operations but additions, before kernel 5.12")]
    [InlineData("%a = cmpxchg ptr %p, i64 1, i64 2 seq_cst seq_cst", AtomicSupport.Add, "BPF has no atomic operations but additions, before kernel 5.12")]
    [InlineData("%a = atomicrmw add ptr %p, i64 1 monotonic ; store volatile i64 %a, ptr %q", AtomicSupport.Add, "BPF has no results of atomic additions, before kernel 5.12")]
    [InlineData("%a = atomicrmw add ptr %p, i64 1 seq_cst", AtomicSupport.Add, "BPF has no atomic additions with an order, before kernel 5.12")]
    [InlineData("%a = load atomic i64, ptr %p acquire, align 8 ; store volatile i64 %a, ptr %q", AtomicSupport.Fetch, "BPF has no loads that acquire and stores that release, before kernel 6.15")]
    [InlineData("store atomic i64 5, ptr %p release, align 8", AtomicSupport.Fetch, "BPF has no loads that acquire and stores that release, before kernel 6.15")]
    public void Atomic_operations_that_a_kernel_does_not_have_are_named(string body, AtomicSupport atomics, string message)
    {
        Assert.Null(Compile(body, new CodegenOptions { Cpu = BpfCpu.V4, Atomics = atomics }));

        AssertFound("BPFI2420", message, "prog", 42);
    }

    [Theory]
    [InlineData("%a = atomicrmw add ptr %p, i64 1 monotonic", AtomicSupport.Add, BpfCpu.V3)]
    [InlineData("%a = atomicrmw add ptr %p, i32 1 monotonic", AtomicSupport.Add, BpfCpu.V3)]
    [InlineData("%a = atomicrmw add ptr %p, i64 1 seq_cst", AtomicSupport.Add, BpfCpu.V2)]
    [InlineData("%a = atomicrmw xchg ptr %p, i64 1 seq_cst ; store volatile i64 %a, ptr %q", AtomicSupport.Fetch, BpfCpu.V3)]
    [InlineData("store atomic i64 5, ptr %p release, align 8", AtomicSupport.Ordered, BpfCpu.V4)]
    public void Those_that_it_has_are_compiled(string body, AtomicSupport atomics, BpfCpu cpu) =>
        Assert.NotNull(Compile(body, new CodegenOptions { Cpu = cpu, Atomics = atomics }));

    [Theory]
    [InlineData("%a = load volatile i64, ptr @LIMIT", true)]
    [InlineData("%a = call ptr inttoptr (i64 1 to ptr)(ptr @COUNTS, ptr %p)", false)]
    public void It_is_compiled_where_the_kernel_has_it_and_a_map_is_none(string body, bool globalData)
    {
        Assert.NotNull(Compile(body, new CodegenOptions { GlobalData = globalData }));

        Assert.Empty(Context.Diagnostics);
    }

    [Theory]
    [InlineData("br i1 %more, label %loop, label %end, !dbg !10", 44)]
    [InlineData("br i1 %more, label %loop, label %end", 40)]
    [InlineData("br i1 %more, label %next, label %end ; next: ; store volatile i64 1, ptr %p, !dbg !10 ; br label %loop", 44)]
    [InlineData("switch i64 %v, label %end [i64 5, label %loop], !dbg !10", 44)]
    public void A_loop_is_named_where_the_kernel_takes_none(string jump, int line)
    {
        Assert.Null(CompileProgram(Looping(jump), new CodegenOptions { Loops = false }));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(
            ("BPFI2426", "prog has a loop, which the variant's kernel does not take", "prog", "src/main.rs", line),
            (finding.Id, finding.Message, finding.Function, finding.File, finding.Line));
        Assert.Contains("below 16,384", finding.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("br i1 %more, label %loop, label %end, !dbg !10", true)]
    [InlineData("br i1 %more, label %next, label %end ; next: ; store volatile i64 1, ptr %p ; br label %end", false)]
    public void It_is_compiled_where_the_kernel_takes_it_and_branches_that_meet_are_none(string jump, bool loops)
    {
        Assert.NotNull(CompileProgram(Looping(jump), new CodegenOptions { Loops = loops }));

        Assert.Empty(Context.Diagnostics);
    }

    // Ten stores, of a value that an instruction makes, and an end of two. The callee is as long, without a value for its end.
    [Theory]
    [InlineData(Stores, 13)]
    [InlineData("call void @callee(ptr %p) ; call void @callee(ptr %p)", 18)]
    public void A_program_that_is_longer_than_the_kernel_takes_is_named(string body, int length)
    {
        string program = Program(body) + $$"""

            define internal void @callee(ptr %p) noinline !dbg !10 {
              {{Stores.Replace(" ; ", "\n", StringComparison.Ordinal)}}
              ret void
            }
            !10 = distinct !DISubprogram(name: "callee", file: !1, line: 20, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            """;

        Assert.NotNull(CompileProgram(program, new CodegenOptions { MaxInstructions = length }, InlinePolicy.Calls));
        Assert.Empty(Context.Diagnostics);
        CompileProgram(program, new CodegenOptions { MaxInstructions = length - 1 }, InlinePolicy.Calls);

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(
            ("BPFI2425", $"prog has {length} instructions with the functions that it calls, and the variant's kernel takes {length - 1}", "prog", "src/main.rs", 40),
            (finding.Id, finding.Message, finding.Function, finding.File, finding.Line));
    }

    private static string Looping(string jump) => Program("br label %loop").Replace("  ret i64 0, !dbg !6", $"""
        loop:
          %v = load volatile i64, ptr %p
          %more = icmp ult i64 %v, %n
          {jump.Replace(" ; ", "\n", StringComparison.Ordinal)}
        end:
          ret i64 0
        """, StringComparison.Ordinal) + "\n!10 = !DILocation(line: 44, scope: !4)";
}
