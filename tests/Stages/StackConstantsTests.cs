using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Tests;

/// <summary>Constants whose address is taken, for kernels that have no data before a program runs.</summary>
public sealed class StackConstantsTests : LlvmTests
{
    // The sum is of each byte times its place, so that none can stand for another.
    [Theory]
    [InlineData("i8 200", 1)]
    [InlineData("i16 -2", 2)]
    [InlineData("i32 zeroinitializer", 4)]
    [InlineData("i64 72623859790382856", 8)]
    [InlineData("[7 x i8] c\"abcdefg\"", 7)]
    [InlineData("[13 x i16] [i16 1, i16 2, i16 3, i16 -4, i16 5, i16 6, i16 7, i16 8, i16 9, i16 10, i16 11, i16 12, i16 513]", 26)]
    [InlineData("{ i8, i32, [2 x { i16, i8 }], ptr } { i8 1, i32 305419896, [2 x { i16, i8 }] [{ i16, i8 } { i16 -1, i8 2 }, { i16, i8 } { i16 3, i8 4 }], ptr null }", 24)]
    [InlineData("<{ i8, i64 }> <{ i8 undef, i64 -5 }>", 9)]
    [InlineData("{ [100 x i8], i32 } { [100 x i8] zeroinitializer, i32 9 }", 104)]
    public void They_are_on_the_stack_as_they_were_in_memory(string constant, int size)
    {
        using var kernel = new KernelLoader();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");
        try
        {
            string packet = Path.Combine(directory.FullName, "packet");
            File.WriteAllBytes(packet, new byte[64]);
            string body = string.Join('\n', Enumerable.Range(0, size).Select(i => $"""
                  %b{i} = load volatile i8, ptr getelementptr (i8, ptr @constant, i64 {i})
                  %w{i} = zext i8 %b{i} to i32
                  %m{i} = mul i32 %w{i}, {i + 1}
                  %s{i + 1} = add i32 %s{i}, %m{i}
                """)) + $"\n  ret i32 %s{size}";

            uint Returned(bool globalData)
            {
                string path = Path.Combine(directory.FullName, $"{globalData}.o");
                byte[] content = Compile(constant, body, globalData)!;
                File.WriteAllBytes(path, content);
                Assert.Equal(globalData, HasData(content));
                return Assert.Single(kernel.Run(path, "prog", [packet]));
            }

            Assert.Equal(Returned(globalData: true), Returned(globalData: false));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("bpfel", 0x0102030405060708)]
    [InlineData("bpfeb", 0x0102030405060708)]
    public void A_word_is_in_the_targets_byte_order(string triple, long word)
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program($"i64 {word}", "%r = call i32 inttoptr (i64 6 to ptr)(ptr @constant, i32 8)\n  ret i32 %r").Replace("bpfel", triple, StringComparison.Ordinal));

        new StackConstants(module).Run();

        Assert.Contains($"store i64 {word}, ptr", module.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("what is larger than a quarter of the stack", "[129 x i8] zeroinitializer", "%r = call i32 inttoptr (i64 6 to ptr)(ptr @constant, i32 4)\n  ret i32 %r")]
    [InlineData("an address in it", "{ ptr } { ptr @prog }", "%r = call i32 inttoptr (i64 6 to ptr)(ptr @constant, i32 4)\n  ret i32 %r")]
    [InlineData("a table", "[4 x i32] [i32 5, i32 6, i32 7, i32 8]", "%i = load i64, ptr %context\n  %p = getelementptr i32, ptr @constant, i64 %i\n  %r = load i32, ptr %p\n  ret i32 %r")]
    [InlineData("bits of another width", "[2 x i24] [i24 1, i24 2]", "%r = call i32 inttoptr (i64 6 to ptr)(ptr @constant, i32 4)\n  ret i32 %r")]
    [InlineData("an address as a number", "i32 5", "%r = call i32 inttoptr (i64 6 to ptr)(i64 ptrtoint (ptr @constant to i64), i32 4)\n  ret i32 %r")]
    public void What_cannot_be_on_the_stack_is_named(string what, string constant, string body)
    {
        Assert.Null(Compile(constant, body, globalData: false));

        Assert.True(Context.Diagnostics.All(d => d.Id == "BPFI2424" && d.Function == "prog"), what);
        Assert.NotEmpty(Context.Diagnostics);
    }

    // A function's caller would be left with the address of what is gone.
    [Theory]
    [InlineData("define ptr @get() { ret ptr @constant }")]
    [InlineData("define ptr @get(i1 %a) { %p = select i1 %a, ptr @constant, ptr @other %q = getelementptr i8, ptr %p, i64 1 ret ptr %q }")]
    [InlineData("define void @get(ptr %out) { store ptr getelementptr (i8, ptr @constant, i64 1), ptr %out ret void }")]
    [InlineData("define i64 @get(i1 %a) { %p = select i1 %a, ptr @constant, ptr null %n = ptrtoint ptr %p to i64 ret i64 %n }")]
    public void A_constant_that_leaves_its_function_stays(string function)
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program("i32 5", "ret i32 0") + $"\n@other = private constant i32 6\n{function}");

        new StackConstants(module).Run();

        Assert.DoesNotContain("alloca", module.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("define i32 @get(i1 %a, ptr %b) { %p = select i1 %a, ptr @constant, ptr %b %r = load i32, ptr %p ret i32 %r }")]
    [InlineData("define i32 @get(i32 %x) { switch i32 %x, label %d [i32 1, label %j i32 2, label %j] d: br label %j j: %p = phi ptr [getelementptr (i8, ptr @constant, i64 1), %0], [getelementptr (i8, ptr @constant, i64 1), %0], [@constant, %d] %r = load i8, ptr %p %z = zext i8 %r to i32 ret i32 %z }")]
    public void A_constant_that_stays_in_its_function_does_not(string function)
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program("i32 5", "ret i32 0") + $"\n{function}");

        new StackConstants(module).Run();

        Assert.Null(module.Verify());
        Assert.Contains("alloca", module.ToText(), StringComparison.Ordinal);
        Assert.DoesNotContain("@constant", module.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_of_data_is_data()
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program("i32 5", "%r = load i32, ptr @alias\n  ret i32 %r") + "\n@alias = alias i32, ptr @constant");

        Assert.Null(CodegenStage.Generate(new CodegenOptions { GlobalData = false }, module));
        Assert.Equal("BPFI2424", Assert.Single(Context.Diagnostics).Id);
    }

    private static bool HasData(byte[] content) => ElfFile.Read(content).Sections.Any(s => s.Name.StartsWith(".rodata", StringComparison.Ordinal));

    private byte[]? Compile(string constant, string body, bool globalData)
    {
        using LlvmModule module = TestLlvm.Parse(Context, Program(constant, body));
        return CodegenStage.Generate(new CodegenOptions { GlobalData = globalData }, module);
    }

    private static string Program(string constant, string body) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        @constant = private unnamed_addr constant {{constant}}
        @LICENSE = global [4 x i8] c"GPL\00", section "license"
        define i32 @prog(ptr %context) section "socket" {
          {{body.Replace("%s0", "0", StringComparison.Ordinal)}}
        }
        """;
}
