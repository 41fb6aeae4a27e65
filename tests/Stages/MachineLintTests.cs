using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>What BPF has no instruction for is named with its line; without the lints, LLVM crashes on most of these programs or says nothing.</summary>
public sealed class MachineLintTests : LintTests
{
    private const string Tables = """

        @FIVE = private constant i32 5
        @TABLE = internal constant [2 x {ptr, i64}] [{ptr, i64} {ptr @FIVE, i64 1}, {ptr, i64} {ptr null, i64 2}]
        @OTHERS = internal constant {ptr, i64} {ptr null, i64 3}
        @PLAIN = global ptr null
        @INNER = global {ptr, [1 x ptr]} {ptr null, [1 x ptr] [ptr @FIVE]}, section ".maps"

        """;

    [Theory]
    [InlineData("%a = load i128, ptr %p ; %b = udiv i128 %a, 7 ; store volatile i128 %b, ptr %p", "BPFI2420", "BPF has no division of 128-bit values", BpfCpu.V4)]
    [InlineData("%a = load i128, ptr %p ; %b = srem i128 %a, 77 ; store volatile i128 %b, ptr %p", "BPFI2420", "BPF has no division of 128-bit values", BpfCpu.V1)]
    [InlineData("%a = load double, ptr %p ; %b = fadd double %a, 1.5 ; store volatile double %b, ptr %p", "BPFI2420", "BPF has no floating-point arithmetic", BpfCpu.V4)]
    [InlineData("%a = load i64, ptr %p ; %b = sitofp i64 %a to float ; store volatile float %b, ptr %p", "BPFI2420", "BPF has no floating-point arithmetic", BpfCpu.V3)]
    [InlineData("%b = call i64 getelementptr (i8, ptr @LIMIT, i64 4)(i64 1) ; store volatile i64 %b, ptr %p", "BPFI2421", "a function is called that is only known when the program runs, and BPF cannot do that", BpfCpu.V4)]
    [InlineData("%b = call i64 @LIMIT(i64 1) ; store volatile i64 %b, ptr %p", "BPFI2421", "a function is called that is only known when the program runs, and BPF cannot do that", BpfCpu.V1)]
    [InlineData("%a = load ptr, ptr %p ; %b = call i64 %a(i64 1) ; store volatile i64 %b, ptr %p", "BPFI2421", "a function is called that is only known when the program runs, and BPF cannot do that", BpfCpu.V4)]
    [InlineData("%a = atomicrmw add ptr %p, i8 1 seq_cst", "BPFI2420", "BPF has no atomic operations on 8 bits", BpfCpu.V4)]
    [InlineData("%a = cmpxchg ptr %p, i16 1, i16 2 seq_cst seq_cst", "BPFI2420", "BPF has no atomic operations on 16 bits", BpfCpu.V3)]
    [InlineData("%a = atomicrmw umax ptr %p, i64 1 seq_cst", "BPFI2420", "BPF has no such atomic operation", BpfCpu.V4)]
    [InlineData("%a = atomicrmw nand ptr %p, i64 1 seq_cst", "BPFI2420", "BPF has no such atomic operation", BpfCpu.V4)]
    [InlineData("%a = atomicrmw and ptr %p, i32 1 seq_cst", "BPFI2420", "BPF has no such atomic operation on 32 bits, below cpu v3", BpfCpu.V2)]
    [InlineData("%a = atomicrmw add ptr %p, i32 1 seq_cst ; store volatile i32 %a, ptr %q", "BPFI2420", "BPF has no results of atomic additions, below cpu v3", BpfCpu.V1)]
    [InlineData("%a = atomicrmw add ptr %p, i64 %n monotonic ; store volatile i64 %a, ptr %q", "BPFI2420", "BPF has no results of atomic additions, below cpu v3", BpfCpu.V2)]
    [InlineData("fence seq_cst", "BPFI2420", "BPF has no fences", BpfCpu.V4)]
    [InlineData("%a = load atomic i64, ptr %p seq_cst, align 8", "BPFI2420", "BPF has no sequentially consistent loads and stores", BpfCpu.V4)]
    [InlineData("%a = load atomic i64, ptr %p acquire, align 8", "BPFI2420", "BPF has no loads that acquire and stores that release, below cpu v4", BpfCpu.V3)]
    [InlineData("store atomic i64 5, ptr %p release, align 8", "BPFI2420", "BPF has no loads that acquire and stores that release, below cpu v4", BpfCpu.V1)]
    [InlineData("%a = load i64, ptr %p ; %b = alloca i8, i64 %a ; store volatile i8 1, ptr %b", "BPFI2420", "BPF has no variables whose size is not constant", BpfCpu.V4)]
    [InlineData("%a = call i64 @nowhere(i64 1) ; store volatile i64 %a, ptr %p", "BPFI2504", "unresolved symbol nowhere, which prog needs", BpfCpu.V3)]
    [InlineData("call void @llvm.memcpy.element.unordered.atomic.p0.p0.i64(ptr align 8 %p, ptr align 8 %q, i64 %n, i32 8)", "BPFI2420", "BPF has no memory operations with atomic elements", BpfCpu.V4)]
    [InlineData("call void @llvm.memmove.element.unordered.atomic.p0.p0.i64(ptr align 4 %p, ptr align 4 %q, i64 64, i32 4)", "BPFI2420", "BPF has no memory operations with atomic elements", BpfCpu.V1)]
    [InlineData("call void @llvm.memset.element.unordered.atomic.p0.i64(ptr align 8 %p, i8 0, i64 64, i32 8)", "BPFI2420", "BPF has no memory operations with atomic elements", BpfCpu.V3)]
    [InlineData("%a = call i64 inttoptr (i64 5 to ptr)(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6) ; store volatile i64 %a, ptr %p", "BPFI2411", "a helper is called with 6 arguments, and BPF passes at most five", BpfCpu.V3)]
    [InlineData("%a = load volatile i64, ptr @LIMIT_OF_ANOTHER", "BPFI2504", "unresolved symbol LIMIT_OF_ANOTHER, which prog needs", BpfCpu.V3)]
    [InlineData("%a = ptrtoint ptr @nowhere to i64 ; store volatile i64 %a, ptr %p", "BPFI2504", "unresolved symbol nowhere, which prog needs", BpfCpu.V3)]
    [InlineData("call void @llvm.debugtrap()", "BPFI2420", "BPF has no breakpoints", BpfCpu.V4)]
    [InlineData("%a = load double, ptr %p ; %b = call double @llvm.sqrt.f64(double %a) ; store volatile double %b, ptr %p", "BPFI2420", "BPF has no floating-point arithmetic", BpfCpu.V4)]
    [InlineData("%a = call i64 @llvm.smul.fix.i64(i64 %n, i64 %n, i32 5) ; store volatile i64 %a, ptr %p", "BPFI2420", "BPF has no fixed-point arithmetic", BpfCpu.V1)]
    [InlineData("%a = load <vscale x 4 x i32>, ptr %p ; store volatile <vscale x 4 x i32> %a, ptr %q", "BPFI2420", "BPF has no vectors of unknown size", BpfCpu.V4)]
    [InlineData("br label %place ; place: ; store volatile ptr blockaddress(@prog, %place), ptr %p", "BPFI2420", "BPF has no jumps to a computed place", BpfCpu.V4)]
    [InlineData("%a = call ptr @llvm.returnaddress(i32 0) ; store volatile ptr %a, ptr %p", "BPFI2420", "BPF has no access to its return address", BpfCpu.V3)]
    [InlineData("%a = call ptr @llvm.frameaddress.p0(i32 0) ; store volatile ptr %a, ptr %p", "BPFI2420", "BPF has no access to its frame", BpfCpu.V3)]
    [InlineData("%a = va_arg ptr %p, i64 ; store volatile i64 %a, ptr %p", "BPFI2420", "BPF has no lists of arguments", BpfCpu.V3)]
    [InlineData("%a = atomicrmw xchg ptr %p, float 1.0 seq_cst", "BPFI2420", "BPF has no atomic operations on floating-point values", BpfCpu.V3)]
    [InlineData("%a = cmpxchg ptr %p, i128 1, i128 2 seq_cst seq_cst", "BPFI2420", "BPF has no atomic operations on 128 bits", BpfCpu.V3)]
    [InlineData("%a = load float, ptr %p ; %b = call i32 @llvm.fptosi.sat.i32.f32(float %a) ; store volatile i32 %b, ptr %p", "BPFI2420", "BPF has no floating-point arithmetic", BpfCpu.V3)]
    [InlineData("%a = load i256, ptr %p ; %b = mul i256 %a, %a ; store volatile i256 %b, ptr %p", "BPFI2420", "BPF has no multiplication of 256-bit values", BpfCpu.V3)]
    [InlineData("%a = load i128, ptr %p ; %b = call {i128, i1} @llvm.smul.with.overflow.i128(i128 %a, i128 %a) ; %c = extractvalue {i128, i1} %b, 1 ; store volatile i1 %c, ptr %p", "BPFI2420", "BPF has no multiplication of 128-bit values that says whether it overflows", BpfCpu.V3)]
    public void It_is_named_with_its_line(string body, string id, string message, BpfCpu cpu)
    {
        Assert.Null(Compile(body, cpu));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal((id, message, "prog", "src/main.rs", 42), (finding.Id, finding.Message, finding.Function, finding.File, finding.Line));
    }

    [Theory]
    [InlineData("%a = getelementptr [2 x {ptr, i64}], ptr @TABLE, i64 0, i64 %n ; %b = load ptr, ptr %a ; store volatile ptr %b, ptr %p")]
    [InlineData("%a = load volatile ptr, ptr getelementptr (i8, ptr @TABLE, i64 16) ; store volatile ptr %a, ptr %p")]
    [InlineData("%c = icmp eq i64 %n, 0 ; %a = select i1 %c, ptr @TABLE, ptr @OTHERS ; %b = load volatile ptr, ptr %a ; store volatile ptr %b, ptr %p")]
    public void An_address_that_is_read_from_data_is_named_with_its_line(string body)
    {
        Assert.Null(CompileProgram(Program(body) + Tables, new CodegenOptions { Cpu = BpfCpu.V3 }));

        AssertFound("BPFI2427", "an address is read from data, and neither kernel nor loader puts it there", "prog", 42);
    }

    [Theory]
    [InlineData("%a = getelementptr [2 x {ptr, i64}], ptr @TABLE, i64 0, i64 %n, i32 1 ; %b = load i64, ptr %a ; store volatile i64 %b, ptr %p")]
    [InlineData("%b = load volatile ptr, ptr @PLAIN ; store volatile ptr %b, ptr %p")]
    [InlineData("%a = call i64 inttoptr (i64 1 to ptr)(ptr @INNER, ptr %q) ; store volatile i64 %a, ptr %p")]
    public void What_stands_beside_an_address_can_be_read(string body) =>
        Assert.NotNull(CompileProgram(Program(body) + Tables, new CodegenOptions { Cpu = BpfCpu.V3 }));

    [Fact]
    public void Many_cases_are_compared_and_not_looked_up_in_a_table_of_jumps()
    {
        const int Cases = 40;
        IEnumerable<int> numbers = Enumerable.Range(0, Cases);
        string body = $"switch i64 %n, label %end [{string.Join(' ', numbers.Select(i => $"i64 {i}, label %c{i}"))}] ; "
            + string.Join(" ; ", numbers.Select(i => $"c{i}: ; store volatile i64 {i * i}, ptr %p ; br label %end")) + " ; end:";

        byte[] bytes = Compile(body, BpfCpu.V4)!;

        Assert.DoesNotContain(ElfFile.Read(bytes).Sections, static section => section.Name.Contains("jumptables", StringComparison.Ordinal));
    }

    // "exit" in a function that is called would only return.
    [Fact]
    public void What_ends_the_program_is_inlined_into_it()
    {
        string program = Program("call void @die(i64 %n)") + """

            define internal void @die(i64 %n) noinline {
              %large = icmp ugt i64 %n, 9
              br i1 %large, label %end, label %back
            end:
              call void @llvm.trap()
              unreachable
            back:
              ret void
            }
            declare void @llvm.trap()
            """;

        byte[] bytes = CompileProgram(program, new CodegenOptions { Cpu = BpfCpu.V3 }, InlinePolicy.Calls)!;

        Assert.Equal(["prog"], ElfFile.Read(bytes).Symbols.Where(static symbol => symbol.Type == ElfSymbol.TypeFunction).Select(static symbol => symbol.Name));
    }

    [Fact]
    public void Instructions_on_words_bring_results_of_atomic_additions() => Assert.NotNull(Compile(
        "%a = atomicrmw add ptr %p, i64 1 seq_cst ; store volatile i64 %a, ptr %q", new CodegenOptions { Cpu = BpfCpu.V2, Features = "+alu32" }));

    [Fact]
    public void A_fence_for_the_compiler_alone_is_nothing_for_the_machine() =>
        Assert.NotNull(Compile("store i64 1, ptr %p ; fence syncscope(\"singlethread\") seq_cst ; store i64 2, ptr %p", BpfCpu.V3));

    [Theory]
    [InlineData("%a = atomicrmw and ptr %p, i32 1 seq_cst", BpfCpu.V3)]
    [InlineData("%a = atomicrmw add ptr %p, i32 1 seq_cst", BpfCpu.V1)]
    [InlineData("%a = atomicrmw sub ptr %p, i64 %n seq_cst ; store volatile i64 %a, ptr %q", BpfCpu.V2)]
    [InlineData("%a = atomicrmw xchg ptr %p, i64 %n seq_cst ; store volatile i64 %a, ptr %q", BpfCpu.V1)]
    [InlineData("%a = cmpxchg ptr %p, i64 1, i64 2 seq_cst seq_cst", BpfCpu.V1)]
    [InlineData("%a = atomicrmw xchg ptr %p, i64 1 seq_cst ; store volatile i64 %a, ptr %p", BpfCpu.V1)]
    [InlineData("%a = load atomic i64, ptr %p acquire, align 8 ; store volatile i64 %a, ptr %p", BpfCpu.V4)]
    [InlineData("%a = load double, ptr %p ; store volatile double %a, ptr %p", BpfCpu.V1)]
    [InlineData("%a = load i64, ptr %p ; %b = sdiv i64 %a, 7 ; %c = srem i64 %b, %a ; store volatile i64 %c, ptr %p", BpfCpu.V1)]
    [InlineData("%a = load i64, ptr %p ; %b = sdiv i64 %a, 7 ; store volatile i64 %b, ptr %p", BpfCpu.V4)]
    [InlineData("%a = load i128, ptr %p ; %b = and i128 %a, 127 ; %c = ashr i128 %a, %b ; store volatile i128 %c, ptr %p", BpfCpu.V1)]
    [InlineData("%a = load i64, ptr %p ; %b = call i64 inttoptr (i64 5 to ptr)() ; store volatile i64 %b, ptr %p", BpfCpu.V1)]
    [InlineData("%a = load i64, ptr %p ; %b = call {i64, i1} @llvm.smul.with.overflow.i64(i64 %a, i64 %a) ; %c = extractvalue {i64, i1} %b, 1 ; store volatile i1 %c, ptr %p", BpfCpu.V1)]
    [InlineData("%a = load i100, ptr %p ; %b = mul i100 %a, %a ; store volatile i100 %b, ptr %p", BpfCpu.V3)]
    [InlineData("%a = load double, ptr %p ; %b = call double @llvm.fabs.f64(double %a) ; store volatile double %b, ptr %p", BpfCpu.V3)]
    [InlineData("%a = call swiftcc i64 @swift(i64 1) ; store volatile i64 %a, ptr %p", BpfCpu.V3)]
    [InlineData("invoke void @may_unwind(ptr %p) to label %next unwind label %pad ; pad: ; %e = landingpad { ptr, i32 } cleanup ; resume { ptr, i32 } %e ; next: ; store volatile i8 0, ptr %p", BpfCpu.V3)]
    public void What_BPF_can_do_is_compiled(string body, BpfCpu cpu)
    {
        Assert.NotNull(Compile(body, cpu));

        Assert.Empty(Context.Diagnostics);
    }

    [Theory]
    [InlineData("%a = call ptr inttoptr (i64 1 to ptr)(ptr @COUNTS, ptr %p) ; %b = load volatile i64, ptr %a, align 16", 16)]
    [InlineData("%a = call ptr inttoptr (i64 1 to ptr)(ptr @COUNTS, ptr %p) ; %b = getelementptr i8, ptr %a, i64 32 ; store volatile i32 7, ptr %b, align 32", 32)]
    [InlineData("%a = call ptr inttoptr (i64 1 to ptr)(ptr @COUNTS, ptr %p) ; call void @llvm.memset.p0.i64(ptr align 16 %a, i8 1, i64 48, i1 true)", 16)]
    [InlineData("%a = call ptr inttoptr (i64 1 to ptr)(ptr @COUNTS, ptr %p) ; %c = icmp eq ptr %a, null ; %b = select i1 %c, ptr %p, ptr %a ; %d = load volatile i64, ptr %b, align 64", 64)]
    public void A_value_of_a_map_that_is_used_as_aligned_to_more_than_the_kernel_does_is_warned_of(string body, int alignment)
    {
        Assert.NotNull(Compile(body, BpfCpu.V3));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal((Severity.Warning, "BPFI2423", "src/main.rs", 42), (finding.Severity, finding.Id, finding.File, finding.Line));
        Assert.Equal($"a value of map COUNTS is used as aligned to {alignment} bytes, and the kernel aligns it to 8", finding.Message);
    }

    [Theory]
    [InlineData("%a = call ptr inttoptr (i64 1 to ptr)(ptr @COUNTS, ptr %p) ; %b = load volatile i64, ptr %a, align 8")]
    [InlineData("%a = call ptr inttoptr (i64 2 to ptr)(ptr @COUNTS, ptr %p) ; %b = load volatile i64, ptr %a, align 16")]
    [InlineData("%a = load volatile i64, ptr %p, align 16")]
    public void Other_uses_are_not_warned_of(string body)
    {
        Assert.NotNull(Compile(body, BpfCpu.V3));

        Assert.Empty(Context.Diagnostics);
    }

    [Fact]
    public void A_function_that_a_linker_would_choose_is_refused()
    {
        Assert.Null(CompileProgram(Program("%a = call i64 @chosen(i64 1)").Replace("define i64 @prog", "@chosen = ifunc i64 (i64), ptr @choose\ndefine ptr @choose() { ret ptr null }\ndefine i64 @prog", StringComparison.Ordinal), new CodegenOptions()));

        Assert.Contains(Context.Diagnostics, static finding => (finding.Id, finding.Message) == ("BPFI2420", "BPF has no functions that are chosen when a program starts, such as chosen"));
    }

    // A host's C passes large structures so.
    [Fact]
    public void A_function_that_is_passed_a_copy_on_the_stack_is_inlined()
    {
        Assert.NotNull(CompileProgram(Program("%a = call i64 @by_value(ptr byval([5 x i64]) %p) ; store volatile i64 %a, ptr %q"), new CodegenOptions(), InlinePolicy.Calls));

        Assert.Empty(Context.Diagnostics);
    }

    [Fact]
    public void Assembly_outside_of_functions_is_refused()
    {
        Assert.Null(Patch(Program("store volatile i64 1, ptr %p") + "\nmodule asm \"r0 = 1\""));

        Diagnostic finding = Assert.Single(Context.Diagnostics);
        Assert.Equal(("BPFI2213", "r0 = 1"), (finding.Id, finding.Detail?.Trim()));
    }

    [Fact]
    public void A_name_that_is_reserved_is_refused_with_the_line_of_its_function()
    {
        Assert.Null(Patch(Program("store volatile i64 1, ptr %p").Replace("@prog", "@bpfincr.memcpy", StringComparison.Ordinal)));

        AssertFound("BPFI2214", "bpfincr.memcpy has a name that is reserved", "bpfincr.memcpy", 40);
    }

    [Fact]
    public void A_program_that_takes_too_many_arguments_is_named_with_the_line_of_its_function()
    {
        string program = Program("store volatile i64 %n, ptr %p").Replace("i64 %n) section", "i64 %n, i64 %a, i64 %b, i64 %c) section", StringComparison.Ordinal);
        using LlvmModule module = TestLlvm.Parse(Context, program);

        PatchStage.Apply(new PatchOptions(), module);

        AssertFound("BPFI2211", "prog takes 6 arguments, and BPF passes at most five", "prog", 40);
    }

    [Fact]
    public void A_function_that_takes_too_many_arguments_is_inlined_where_others_are_called()
    {
        string program = Program("call void @many(ptr %p, i64 %n, i64 %n, i64 %n, i64 %n, i64 %n)") + """

            define internal void @many(ptr %p, i64 %a, i64 %b, i64 %c, i64 %d, i64 %e) noinline !dbg !7 {
              store volatile i64 %a, ptr %p, !dbg !8
              store volatile i64 %b, ptr %p, !dbg !8
              store volatile i64 %c, ptr %p, !dbg !8
              store volatile i64 %d, ptr %p, !dbg !8
              store volatile i64 %e, ptr %p, !dbg !8
              ret void, !dbg !8
            }
            !7 = distinct !DISubprogram(name: "many", file: !1, line: 50, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !8 = !DILocation(line: 52, scope: !7)
            """;

        byte[]? bytes = CompileProgram(program, new CodegenOptions(), InlinePolicy.Calls);

        Assert.Empty(Context.Diagnostics);
        Assert.DoesNotContain(ElfFile.Read(bytes).Symbols, static symbol => symbol.Name == "many");
    }

    [Fact]
    public void Recursion_is_named_with_the_line_of_its_function()
    {
        string program = Program("call void @again(ptr %p)") + """

            define internal void @again(ptr %p) !dbg !7 {
              call void @again(ptr %p), !dbg !8
              ret void, !dbg !8
            }
            !7 = distinct !DISubprogram(name: "again", file: !1, line: 50, type: !5, unit: !0, spFlags: DISPFlagDefinition)
            !8 = !DILocation(line: 52, scope: !7)
            """;
        using LlvmModule module = TestLlvm.Parse(Context, program);

        PatchStage.Apply(new PatchOptions(), module);

        AssertFound("BPFI2212", "again calls itself: again -> again", "again", 50);
    }

    [Fact]
    public void Recursion_that_the_optimizer_leaves_is_refused_where_functions_are_called_too()
    {
        using LlvmModule module = TestLlvm.Parse(Context, TestPrograms.Recursive.Replace("sub i32 %n, 1", "call i32 asm sideeffect \"\", \"=r,0\"(i32 %n)", StringComparison.Ordinal).Replace("ret i32 %odd", "%half = call i32 asm sideeffect \"\", \"=r,0\"(i32 %odd) ret i32 %half", StringComparison.Ordinal));
        PatchStage.Apply(new PatchOptions { Inline = InlinePolicy.Calls }, module);
        Assert.Empty(Context.Diagnostics);

        OptimizeStage.Apply(new OptimizeOptions(), module);

        Assert.Equal("BPFI2212", Assert.Single(Context.Diagnostics).Id);
    }

    private string? Patch(string program)
    {
        using LlvmModule module = TestLlvm.Parse(Context, program);
        PatchStage.Apply(new PatchOptions(), module);
        return Context.Failed ? null : module.ToText();
    }
}
