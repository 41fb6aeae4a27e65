using System.Collections.Immutable;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Link;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Workers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Stages.Tests;

/// <summary>
/// Bitcode, archives, objects and captures that nobody would think of, 100,000 of them in each run. Readers take them or say what is
/// wrong. LLVM may crash on bitcode; that is the worker's end, and the step's failure, and no output is left.
/// </summary>
[Collection("workers")]
public sealed class FuzzTests : IDisposable
{
    private const int Files = 95_000, Modules = 5_000;

    private static readonly string Host = Path.Combine(AppContext.BaseDirectory, "BpfIncr.WorkerHost");
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");

    public FuzzTests() => TestLlvm.Load();

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void Files_are_read_or_refused()
    {
        (byte[][] corpus, Action<byte[]> read)[] readers =
        [
            (Archives(), static bytes => BitcodeArchive.Read("lib.rlib", bytes)),
            (Objects(), static bytes => BitcodeArchive.Read("object.o", bytes)),
            (Objects(), static bytes => ObjectStripper.Strip(bytes)),
            (Objects(), static bytes => BtfRepair.Run(bytes)),
            (Objects(), static bytes => ObjectCheck.Run(bytes)),
            (Objects(), static bytes => Disassembly.ObjectText.Of(ElfFile.Read(bytes))),
            (Objects(), static bytes => ElfSymbols.Undefined(bytes)),
        ];
        foreach ((byte[][] corpus, Action<byte[]> read) in readers)
        {
            var mutations = new Mutations(corpus);
            for (int i = Mutations.Count(Files) / readers.Length; i > 0; i--) Read(mutations.Next(), read);
        }
    }

    [Fact]
    public async Task Bitcode_brings_down_at_most_a_worker()
    {
        await using var pool = new WorkerPool(Host, ["worker"], TestLlvm.Path, TimeSpan.FromSeconds(20));
        byte[][] modules = [.. new[] { TestPrograms.Panicking, TestPrograms.Copying, TestPrograms.Recursive, TestPrograms.Multiplying, TestPrograms.Returning }.Select(Bitcode)];
        byte[] before = await GoodAsync(pool, modules[0]);
        var (mutations, random) = (new Mutations(modules), new Random(1));
        ImmutableArray<string>[] stages =
        [
            [.. new LinkOptions().ToArguments(), "--object=input", "--exports=exports"], [.. new PatchOptions().ToArguments(), "input"],
            [.. new OptimizeOptions().ToArguments(), "input"], [.. new CodegenOptions().ToArguments(), "input"],
        ];
        File.WriteAllText(Path.Combine(directory.FullName, "exports"), "prog\nLICENSE\n");
        int failed = 0, crashed = 0;

        await Parallel.ForEachAsync(Enumerable.Range(0, Mutations.Count(Modules)).Select(i => (i, Content: i % 2 == 0 ? mutations.Next() : Flip(modules[i % modules.Length], random))), async (input, cancellation) =>
        {
            ToolResult result = await RunAsync(pool, stages[input.i % stages.Length], input.Content, $"{input.i}", cancellation);
            string output = Path.Combine(directory.FullName, $"{input.i}", "output");
            if (!result.Succeeded)
            {
                Interlocked.Increment(ref failed);
                if (result.Diagnostics.Any(static d => d.Id == "BPFI2601")) Interlocked.Increment(ref crashed);
                Assert.NotEmpty(result.Diagnostics);
            }

            Assert.True(result.Succeeded == File.Exists(output), $"input {input.i}: {result.Succeeded}, and an output: {File.Exists(output)}");
            Directory.Delete(Path.Combine(directory.FullName, $"{input.i}"), recursive: true);
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"{failed} refused, of which {crashed} crashed LLVM");
        Assert.True(failed > Mutations.Count(Modules) / 4, $"{failed} refused");
        Assert.Equal(before, await GoodAsync(pool, modules[0]));
    }

    // Most other changes are noticed at the beginning: every block says how long it is.
    private static byte[] Flip(byte[] module, Random random)
    {
        byte[] flipped = [.. module];
        flipped[random.Next(module.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    private async Task<byte[]> GoodAsync(WorkerPool pool, byte[] module)
    {
        ToolResult result = await RunAsync(pool, [.. new PatchOptions().ToArguments(), "input"], module, "good", TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded);
        return File.ReadAllBytes(Path.Combine(directory.FullName, "good", "output"));
    }

    private Task<ToolResult> RunAsync(WorkerPool pool, ImmutableArray<string> arguments, byte[] content, string name, CancellationToken cancellation)
    {
        string place = Directory.CreateDirectory(Path.Combine(directory.FullName, name)).FullName;
        string input = Path.Combine(place, "input");
        File.WriteAllBytes(input, content);
        return pool.RunAsync(
            new ToolCall([.. arguments, "--output=output"], [new ToolInput("input", input), new ToolInput("exports", Path.Combine(directory.FullName, "exports"))], place), cancellation);
    }

    private static void Read(byte[] input, Action<byte[]> read)
    {
        try
        {
            read(input);
        }
        catch (MalformedInputException)
        {
            // The one way to say no.
        }
    }

    private static byte[] Bitcode(string text)
    {
        using var context = new LlvmContext("BPFI2401");
        using LlvmModule module = TestLlvm.Parse(context, text);
        return module.ToBitcode();
    }

    private static byte[][] Archives() => [TestFiles.Archive(("lib.rmeta", [1, 2, 3]), ("a_rather_long_member_name.o", Bitcode(TestPrograms.Atomic)), ("object.o", Objects()[0]))];

    private static byte[][] Objects() => [.. ((string[])[TestPrograms.Copying, TestPrograms.Panicking]).Select(TestFiles.Object)];
}
