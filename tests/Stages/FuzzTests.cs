using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Link;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Verify;
using BpfIncr.Stages.Workers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Stages.Tests;

/// <summary>
/// Bitcode, archives, objects and type information that nobody would think of, 100,000 in each run and others in every one. Half of the
/// files are changed ones, the others lie about themselves. Readers take them or say what is wrong, with little memory and soon. LLVM may crash on bitcode; that is the worker's end, and the step's failure, and no output is left.
/// </summary>
[Collection("workers")]
public sealed class FuzzTests : IDisposable
{
    private const int Files = 95_000, Modules = 5_000;
    private const long MostMemory = 64 << 20;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(60);

    private static readonly string Host = Path.Combine(AppContext.BaseDirectory, "BpfIncr.WorkerHost");
    // Each run tries others.
    private readonly int seed = Amounts.AnySeed;
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");

    public FuzzTests()
    {
        TestLlvm.Load();
        TestContext.Current.TestOutputHelper?.WriteLine($"BPFINCR_TEST_SEED={seed}");
    }

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void Files_are_read_or_refused()
    {
        var lying = new LyingFiles(new Random(seed));
        Mutations objects = new(Objects(), seed), archives = new(Archives(), seed);
        (string name, Func<byte[]> mutated, Func<byte[]> invented, Action<byte[]> read)[] readers =
        [
            ("archive", archives.Next, lying.Archive, static bytes => BitcodeArchive.Read("lib.rlib", bytes)),
            ("members", archives.Next, lying.Archive, static bytes => _ = ArArchive.Members(bytes).Count()),
            ("bitcode", objects.Next, lying.Object, static bytes => BitcodeArchive.Read("object.o", bytes)),
            ("relocations", objects.Next, lying.Object, static bytes => ReadRelocations(ElfFile.Read(bytes))),
            ("strip", objects.Next, lying.Object, static bytes => ObjectStripper.Strip(bytes)),
            ("repair", objects.Next, lying.Object, static bytes => BtfRepair.Run(bytes)),
            ("reduction", objects.Next, lying.Object, static bytes => BtfReduction.Run(bytes)),
            ("tc check", objects.Next, lying.Object, static bytes => _ = BtfReduction.Check(bytes).Count()),
            ("types", lying.TypeInformation, lying.TypeInformation, static bytes => ReadTypes(new BtfSection(bytes, bigEndian: false))),
            ("maps", objects.Next, lying.Object, static bytes => LegacyMaps.Convert(bytes)),
            ("lines", objects.Next, lying.Object, static bytes => LineTable.Read(bytes).Find("prog", [], 5)),
            ("check", objects.Next, lying.Object, static bytes => ObjectCheck.Run(bytes)),
            ("text", objects.Next, lying.Object, static bytes => Disassembly.ObjectText.Of(ElfFile.Read(bytes))),
            ("undefined", objects.Next, lying.Object, static bytes => ElfSymbols.Undefined(bytes)),
        ];
        foreach (var (name, mutated, invented, read) in readers)
        {
            int taken = 0, count = Amounts.Fuzz(Files) / readers.Length;
            for (int i = 0; i < count; i++) taken += Read(name, i % 2 == 0 ? mutated() : invented(), read) ? 1 : 0;
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {taken} of {count} taken");
        }
    }

    [Fact]
    public async Task Bitcode_brings_down_at_most_a_worker()
    {
        await using var pool = new WorkerPool(Host, ["worker"], TestLlvm.Path, TimeSpan.FromMinutes(1));
        byte[][] modules = [.. new[] { TestPrograms.Panicking, TestPrograms.Copying, TestPrograms.Recursive, TestPrograms.Multiplying, TestPrograms.Returning }.Select(Bitcode)];
        byte[] before = await GoodAsync(pool, modules[0]);
        var (mutations, random) = (new Mutations(modules, seed), new Random(seed));
        ImmutableArray<string>[] stages =
        [
            [.. new LinkOptions().ToArguments(), "--object=input", "--exports=exports"], [.. new PatchOptions().ToArguments(), "input"],
            [.. new OptimizeOptions().ToArguments(), "input"], [.. new CodegenOptions().ToArguments(), "input"], [.. new CodegenOptions { GlobalData = false, Loops = false, Atomics = AtomicSupport.Add, MaxInstructions = 4096 }.ToArguments(), "input"],
        ];
        File.WriteAllText(Path.Combine(directory.FullName, "exports"), "prog\nLICENSE\n");
        int failed = 0, crashed = 0;

        await Parallel.ForEachAsync(Enumerable.Range(0, Amounts.Fuzz(Modules)).Select(i => (i, Content: i % 2 == 0 ? mutations.Next() : Flip(modules[i % modules.Length], random))), async (input, cancellation) =>
        {
            ToolResult result = await RunAsync(pool, stages[input.i % stages.Length], input.Content, $"{input.i}", cancellation);
            string output = Path.Combine(directory.FullName, $"{input.i}", "output");
            if (!result.Succeeded)
            {
                Interlocked.Increment(ref failed);
                if (result.Diagnostics.Any(static d => d.Id == "BPFI2601")) Interlocked.Increment(ref crashed);
                Assert.True(!result.Diagnostics.IsEmpty, $"BPFINCR_TEST_SEED={seed}, input {input.i}: no reason");
            }

            Assert.True(result.Succeeded == File.Exists(output), $"BPFINCR_TEST_SEED={seed}, input {input.i}: {result.Succeeded}, and an output: {File.Exists(output)}; {string.Join("; ", result.Diagnostics.Select(static d => $"{d} {d.Detail}"))}");
            Directory.Delete(Path.Combine(directory.FullName, $"{input.i}"), recursive: true);
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"{failed} refused, of which {crashed} crashed LLVM");
        Assert.True(failed > Amounts.Fuzz(Modules) / 4, $"{failed} refused");
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

    // Whether it is taken. MalformedInputException is the one way to say no.
    private bool Read(string reader, byte[] input, Action<byte[]> read)
    {
        (long before, long start) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        Exception? refusal = Record.Exception(() => read(input));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (refusal is not (null or MalformedInputException))
            throw new InvalidOperationException($"BPFINCR_TEST_SEED={seed} shows it again: {reader}, {Convert.ToBase64String(input)}", refusal);
        Assert.True(allocated < MostMemory, $"BPFINCR_TEST_SEED={seed}: {reader} took {allocated} bytes for {input.Length}");
        Assert.True(Stopwatch.GetElapsedTime(start) < MostTime, $"BPFINCR_TEST_SEED={seed}: {reader} took {Stopwatch.GetElapsedTime(start)} for {input.Length} bytes");
        return refusal is null;
    }

    private static void ReadRelocations(ElfFile file)
    {
        foreach (ElfSection section in file.Sections.Where(static section => section.Type is ElfSection.Rel or ElfSection.Rela)) _ = file.RelocationsOf(section).Count();
    }

    private static void ReadTypes(BtfSection types)
    {
        foreach (BtfType type in types.Types) types.SetName(type.Offset, types.Name(type.Offset));
        types.ToBytes();
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
