using System.Text;
using System.Text.RegularExpressions;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>What becomes of copies of a known size: loads and stores at constant places, in an order that is right.</summary>
public sealed partial class CopySplitterTests : LlvmTests
{
    private const string Copy = "call void @llvm.memcpy.p0.p0.i64(ptr TO, ptr FROM, i64 SIZE, i1 false)";
    private const string Move = "call void @llvm.memmove.p0.p0.i64(ptr TO, ptr FROM, i64 SIZE, i1 false)";

    // What a call can name; what is made of another one comes after it.
    private static readonly (string Name, string Made)[] Values =
    [
        ("%stack", "alloca [61 x i8], align 1\n  call void asm sideeffect \"\", \"r,~{memory}\"(ptr %stack)"),
        ("%stack.odd", "getelementptr i8, ptr %stack, i64 3"),
        ("%context.half", "getelementptr i8, ptr %context, i64 4"),
        ("%context.odd", "getelementptr i8, ptr %context, i64 3"),
        ("%unknown", "call ptr asm \"$0 = 1 ll\", \"=r\"()"),
        ("%value", "call ptr inttoptr (i64 1 to ptr)(ptr @map, ptr @area)"),
    ];

    // What the kernel saves of a processor's registers on x86-64 is 168 bytes. rustc promises no alignment of bytes.
    [Fact]
    public void A_context_is_copied_by_aligned_words_at_constant_places()
    {
        (string Kind, int Size, int Offset)[] accesses = Accesses(Assembly(Copy, "%value", "%context", 168), "r\\d+");

        Assert.Equal(Enumerable.Range(0, 21).SelectMany(static i => new[] { ("load", 64, 8 * i), ("store", 64, 8 * i) }), accesses);
    }

    [Fact]
    public void A_copy_needs_no_stack_of_its_own() =>
        Assert.DoesNotContain("r10", Assembly(Copy, "%value", "%context", 168), StringComparison.Ordinal);

    [Theory]
    [InlineData("%context", "168", 21, 0, 0, 0)]
    [InlineData("%context", "23", 2, 1, 1, 1)]
    [InlineData("%context.half", "32", 0, 8, 0, 0)]
    [InlineData("%stack", "61", 7, 1, 0, 1)]
    [InlineData("%unknown", "40", 0, 0, 0, 40)]
    [InlineData("%unknown.aligned", "40", 0, 10, 0, 0)]
    [InlineData("@constant", "40", 0, 0, 0, 0)]
    public void Words_are_as_large_as_what_is_known_of_the_source(string from, string size, int words, int halves, int quarters, int bytes)
    {
        string assembly = Assembly(
            from == "%unknown.aligned" ? Copy.Replace("ptr FROM", "ptr align 4 %unknown", StringComparison.Ordinal) : Copy, "%value", from, int.Parse(size, null));

        int[] loads = [.. new[] { 64, 32, 16, 8 }.Select(bits => Accesses(assembly, "r\\d+").Count(a => a.Kind == "load" && a.Size == bits))];
        // The key of the map is stored, and nothing else is loaded.
        Assert.Equal([words, halves, quarters, bytes], loads);
    }

    [Theory]
    [InlineData("%value", "%unknown", 64)]
    [InlineData("%value", "%stack.odd", 8)]
    [InlineData("%value", "%context.odd", 8)]
    [InlineData("%stack", "%unknown", 64)]
    public void Unaligned_words_are_for_machines_and_memory_that_take_them(string to, string from, int bits)
    {
        string assembly = Assembly(Copy, to, from, 40, new CodegenOptions { Features = "+allows-misaligned-mem-access" });

        Assert.All(Accesses(assembly, "r\\d+").Where(static a => a.Kind == "load"), access => Assert.Equal(bits, access.Size));
    }

    [Fact]
    public void What_moves_down_is_copied_from_its_first_word() => Assert.Equal(
        Enumerable.Range(0, 20).SelectMany(static i => new[] { ("load", 64, 8 + (8 * i)), ("store", 64, 8 * i) }),
        Accesses(Assembly(Move, "@area", "getelementptr (i8, ptr @area, i64 8)", 160), "r\\d+"));

    [Fact]
    public void What_moves_up_is_copied_from_its_last_word() => Assert.Equal(
        Enumerable.Range(0, 20).Reverse().SelectMany(static i => new[] { ("load", 64, 8 * i), ("store", 64, 8 + (8 * i)) }),
        Accesses(Assembly(Move, "getelementptr (i8, ptr @area, i64 8)", "@area", 160), "r\\d+"));

    [Fact]
    public void What_cannot_overlap_moves_as_it_is_copied() =>
        Assert.Equal(Assembly(Copy, "@area", "%context", 168), Assembly(Move, "@area", "%context", 168));

    [Fact]
    public void Where_the_overlap_is_unknown_a_loop_goes_the_right_way() =>
        Assert.Matches(Branch(), Assembly(Move, "@area", "%unknown", 160));

    [Fact]
    public void More_words_than_are_worth_it_are_copied_in_blocks()
    {
        string assembly = Assembly(Copy, "@area", "%unknown", 1021);

        // 127 rounds of 8 bytes, and 5.
        Assert.Equal(8 + 5, Accesses(assembly, "r\\d+").Count(static a => a.Kind == "load"));
        Assert.Matches(Branch(), assembly);
    }

    private static (string Kind, int Size, int Offset)[] Accesses(string assembly, string register) =>
    [
        .. AnyAccess().Matches(assembly).Where(match => Regex.IsMatch(match.Groups["base"].Value, $"^{register}$")).Select(static match => (
            match.Groups["target"].Success ? "load" : "store",
            int.Parse(match.Groups["bits"].ValueSpan, null),
            int.Parse(match.Groups["offset"].Value.Replace(" ", "", StringComparison.Ordinal), null))),
    ];

    private string Assembly(string operation, string to, string from, int size, CodegenOptions? options = null)
    {
        string call = operation.Replace("TO", to, StringComparison.Ordinal).Replace("FROM", from, StringComparison.Ordinal)
            .Replace("SIZE", $"{size}", StringComparison.Ordinal);
        using LlvmModule module = TestLlvm.Parse(Context, Program(call));
        PatchStage.Apply(new PatchOptions(), module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        string assembly = Encoding.UTF8.GetString(CodegenStage.Generate((options ?? new CodegenOptions()) with { Emit = EmittedFile.Assembly }, module)!);
        Assert.Empty(Context.Diagnostics);
        return assembly;
    }

    private static string Program(string call) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @area = global [2048 x i8] zeroinitializer, section ".data", align 8
        @constant = private unnamed_addr constant [40 x i8] c"0123456789012345678901234567890123456789", align 1
        @map = global [16 x i8] zeroinitializer, section ".maps", align 8
        declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
        define i32 @prog(ptr %context) section "kprobe" {
        {{string.Join('\n', Values.Where(value => call.Contains(value.Name, StringComparison.Ordinal)).Select(static value => $"  {value.Name} = {value.Made}"))}}
          {{call}}
          ret i32 0
        }
        """;

    [GeneratedRegex(@"(?<target>r\d+ = )?\*\(u(?<bits>\d+) \*\)\((?<base>r\d+) (?<offset>[+-] \d+)\)")]
    private static partial Regex AnyAccess();

    [GeneratedRegex(@"if r\d+ \S+ \S+ goto")]
    private static partial Regex Branch();
}
