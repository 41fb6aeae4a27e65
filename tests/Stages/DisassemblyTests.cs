using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Disassembly;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Stages.Tests;

/// <summary>Bitcode and objects as text, in this process, with the real LLVM.</summary>
public sealed class DisassemblyTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("bpfincr-test-").FullName;

    public DisassemblyTests() => TestLlvm.Load();

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Bitcode_becomes_the_text_of_its_module_whatever_its_file_is_called()
    {
        using var context = new LlvmContext("BPFI2401");
        byte[] bitcode = TestLlvm.Parse(context, TestPrograms.Panicking).ToBitcode();

        string text = TextOf(bitcode, "one");

        Assert.Contains("define i32 @prog(ptr %context) section \"socket\"", text, StringComparison.Ordinal);
        Assert.Equal(text, TextOf(bitcode, "other"));
    }

    [Fact]
    public void An_object_becomes_its_instructions_bytes_relocations_and_symbols()
    {
        string text = TextOf(Object(TestPrograms.Panicking), "object");

        Assert.Contains("section socket type 1 flags 6", text, StringComparison.Ordinal);
        Assert.Matches(@"\n +0: [0-9a-f]{16} [rw]\d = \*\(u32 \*\)\(r1 \+ (0x)?0\)\n", text);
        Assert.Matches(@"[0-9a-f]{16} exit\n", text);
        Assert.Matches(@"section license .*\n +0: 47504c00 +GPL\.\n", text);
        Assert.Matches(@"symbol prog info 18 ", text);
    }

    [Fact]
    public void Objects_that_differ_have_texts_that_differ_in_that_place()
    {
        string[] one = TextOf(Object(TestPrograms.Panicking), "one").Split('\n');
        string[] other = TextOf(Object(TestPrograms.Panicking.Replace("i32 %length, 100000", "i32 %length, 100001", StringComparison.Ordinal)), "other").Split('\n');

        Assert.Equal(one.Length, other.Length);
        Assert.Equal(2, one.Except(other).Union(other.Except(one)).Count());
    }

    [Fact]
    public void What_is_neither_is_an_error() =>
        Assert.Equal("BPFI2002", Assert.Single(Run([1, 2, 3, 4], "text").Diagnostics).Id);

    private static byte[] Object(string program)
    {
        using var context = new LlvmContext("BPFI2401");
        using LlvmModule module = TestLlvm.Parse(context, program);
        PatchStage.Apply(new PatchOptions(), module);
        OptimizeStage.Apply(new OptimizeOptions(), module);
        return CodegenStage.Generate(new CodegenOptions(), module)!;
    }

    private string TextOf(byte[] content, string name)
    {
        Assert.True(Run(content, name).Succeeded);
        return File.ReadAllText(Path.Combine(directory, $"{name}.text"));
    }

    private ToolResult Run(byte[] content, string name)
    {
        string input = Path.Combine(directory, name);
        File.WriteAllBytes(input, content);
        return StageTools.Run(new ToolCall(DisassemblyTool.ToArguments(name, $"{name}.text"), [new ToolInput(name, input)], directory));
    }
}
