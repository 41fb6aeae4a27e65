using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Tests.Support;

namespace BpfIncr.Stages.Tests;

/// <summary>
/// Random operations on memory give in the running kernel what they give on this machine. <c>BPFINCR_TEST_MEMORY</c> says how many
/// programs, <c>BPFINCR_TEST_SEED</c> which one is the first.
/// </summary>
public sealed class MemoryInKernelTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");
    private readonly KernelLoader kernel = new();

    public void Dispose()
    {
        kernel.Dispose();
        directory.Delete(recursive: true);
    }

    [Fact]
    public void The_kernel_copies_moves_fills_and_compares_as_this_machine_does()
    {
        TestLlvm.Load();
        int first = Amounts.Seed;
        for (int seed = first; seed < first + Amounts.Of("BPFINCR_TEST_MEMORY"); seed++)
        {
            try
            {
                Check(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"BPFINCR_TEST_SEED={seed} BPFINCR_TEST_MEMORY=1 shows it again", e);
            }
        }
    }

    private void Check(Random random)
    {
        var program = new MemoryProgram(random);
        string path = Path.Combine(directory.FullName, "program.o");
        (byte[] made, string how) = Compile(program.Text, random);
        File.WriteAllBytes(path, made);
        List<ushort[]> inputs = [.. Enumerable.Range(0, 4).Select(number => Input(number, random))];

        IReadOnlyList<uint> returned = kernel.Run(path, "prog", [.. inputs.Select(Packet)]);

        foreach ((ushort[] input, uint value) in inputs.Zip(returned))
        {
            uint expected = program.Run(input);
            Assert.True(expected == value, $"{expected} here, {value} in the kernel, of {string.Join(' ', input)}\n{how}\n{program.Text}");
        }
    }

    // None, the most, and what comes.
    private static ushort[] Input(int number, Random random) =>
        [.. Enumerable.Range(0, MemoryProgram.Inputs).Select(_ => (ushort)(number == 0 ? 0 : number == 1 ? ushort.MaxValue : random.Next(601)))];

    private string Packet(ushort[] input, int number)
    {
        string path = Path.Combine(directory.FullName, $"{number}");
        File.WriteAllBytes(path, MemoryProgram.Packet(input));
        return path;
    }

    // The object, and how it was made.
    private static (byte[] Made, string How) Compile(string text, Random random)
    {
        using var context = new LlvmContext("BPFI2401");
        using LlvmModule module = TestLlvm.Parse(context, text);
        PatchStage.Apply(new PatchOptions(), module);
        // One in five is hardly optimized.
        var optimize = new OptimizeOptions { Level = Any<OptimizeLevel>(random), Pipeline = random.Next(5) == 0 ? "globaldce" : null, Unroll = random.Next(5) == 0 };
        var codegen = new CodegenOptions { Cpu = Any<BpfCpu>(random) };
        OptimizeStage.Apply(optimize, module);
        string optimized = module.ToText();
        byte[]? made = CodegenStage.Generate(codegen, module);
        string how = $"{optimize} {codegen}\n{optimized}";
        Assert.True(!context.Failed, $"{string.Join('\n', context.Diagnostics)}\n{how}\n{text}");
        return (made!, how);
    }

    private static T Any<T>(Random random)
        where T : struct, Enum => Enum.GetValues<T>()[random.Next(Enum.GetValues<T>().Length)];
}
