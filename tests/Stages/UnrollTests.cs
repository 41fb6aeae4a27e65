using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Stages.Tests;

/// <summary>Kernels before 5.3 allow no loops. Unrolling has LLVM options of its own, and so a worker of its own.</summary>
[Collection("workers")]
public sealed partial class UnrollTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");
    private readonly LlvmContext context;

    public UnrollTests()
    {
        TestLlvm.Load();
        context = new LlvmContext("BPFI2401");
    }

    public void Dispose()
    {
        context.Dispose();
        directory.Delete(recursive: true);
    }

    // The optimizer makes one operation again of the stores that unrolling has made of it.
    [Theory]
    [InlineData("call void @llvm.memset.p0.i64(ptr %to, i8 7, i64 200, i1 false)")]
    [InlineData("call void @llvm.memset.p0.i64(ptr %to, i8 7, i64 600, i1 true)")]
    [InlineData("call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 200, i1 false)")]
    [InlineData("call void @llvm.memmove.p0.p0.i64(ptr %to, ptr %from, i64 200, i1 false)")]
    [InlineData("%differs = call i32 @memcmp(ptr %to, ptr %from, i64 200) ; store i32 %differs, ptr %to")]
    public async Task Where_every_loop_is_unrolled_those_of_the_last_round_are_too(string operation)
    {
        using LlvmModule module = context.ParseBitcode(await Optimized(Program(operation)), "")!;

        Assert.Equal(0, new MemoryLowering(module).Run());
        Assert.Equal(0, new MemoryLowering(module).RunOnComparisons());
        Assert.False(HasLoop(module), module.ToText());
        Assert.NotNull(CodegenStage.Generate(new CodegenOptions(), module));
        Assert.Empty(context.Diagnostics);
    }

    // Unrolling the second one would take 19 GB.
    [Theory]
    [InlineData(10_000)]
    [InlineData(10_000_000)]
    public async Task A_loop_that_no_kernel_takes_unrolled_stays_a_loop(int iterations)
    {
        using LlvmModule module = context.ParseBitcode(await Optimized(Looping(iterations)), "")!;

        Assert.True(HasLoop(module));
    }

    [Fact]
    public async Task A_loop_that_a_kernel_takes_unrolled_is_unrolled()
    {
        using LlvmModule module = context.ParseBitcode(await Optimized(Looping(2000)), "")!;

        Assert.False(HasLoop(module));
    }

    [Fact]
    public async Task A_threshold_of_the_users_own_takes_the_place_of_the_ceiling()
    {
        using LlvmModule module = context.ParseBitcode(await Optimized(Looping(2000), "--unroll-threshold=1000"), "")!;

        Assert.True(HasLoop(module));
    }

    // Each by itself is below the ceiling.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Loops_that_make_a_function_too_large_together_stay_where_the_kernel_takes_them(bool keepsLargeLoops)
    {
        string program = Looping([40, .. Enumerable.Repeat(900, 10)]);
        ToolResult result = await Optimize("worker", program, new OptimizeOptions { Unroll = true, KeepsLargeLoops = keepsLargeLoops });
        Assert.Empty(result.Diagnostics);
        using LlvmModule module = context.ParseBitcode(File.ReadAllBytes(Path.Combine(directory.FullName, "output", "optimized")), "")!;

        Assert.Equal(keepsLargeLoops, HasLoop(module));
        // The small one is unrolled either way.
        Assert.InRange(module.ToText().Split("call i64 inttoptr").Length, 40, keepsLargeLoops ? 60 : 10_000);
    }

    // The host's worker may take 512 MiB.
    [Fact]
    public async Task A_program_that_needs_more_memory_than_a_worker_may_take_is_an_error()
    {
        ToolResult result = await Optimize("greedy", Looping(10_000_000), "-unroll-threshold=4294967295");

        Diagnostic finding = Assert.Single(result.Diagnostics);
        Assert.Equal("BPFI2601", finding.Id);
        Assert.Contains("signal 6", finding.Message, StringComparison.Ordinal);
        Assert.Contains("more memory than a worker may take", finding.Hint, StringComparison.Ordinal);
    }

    private async Task<byte[]> Optimized(string program, params string[] llvmOptions)
    {
        ToolResult result = await Optimize("worker", program, llvmOptions);
        Assert.Empty(result.Diagnostics);
        return File.ReadAllBytes(Path.Combine(directory.FullName, "output", "optimized"));
    }

    private Task<ToolResult> Optimize(string mode, string program, params string[] llvmOptions) =>
        Optimize(mode, program, new OptimizeOptions { Unroll = true, LlvmOptions = [.. llvmOptions] });

    private async Task<ToolResult> Optimize(string mode, string program, OptimizeOptions options)
    {
        string input = Path.Combine(directory.FullName, "input"), output = directory.CreateSubdirectory("output").FullName;
        using (LlvmModule module = TestLlvm.Parse(context, program))
        {
            PatchStage.Apply(new PatchOptions(), module);
            File.WriteAllBytes(input, module.ToBitcode());
        }

        await using var pool = new WorkerPool(Path.Combine(AppContext.BaseDirectory, "BpfIncr.WorkerHost"), [mode], TestLlvm.Path, TimeSpan.FromMinutes(1));
        ImmutableArray<string> arguments = [.. options.ToArguments(), "input", "--output=optimized"];
        return await pool.RunAsync(new ToolCall(arguments, [new ToolInput("input", input)], output), TestContext.Current.CancellationToken);
    }

    /// <summary>Takes away blocks from which control goes to none that is still there: those of a loop remain.</summary>
    private static bool HasLoop(LlvmModule module)
    {
        string body = module.ToText().Split("@prog(")[1].Split("\n}")[0];
        string[] blocks = body.Split("\n\n");
        Dictionary<string, string[]> successors = blocks.ToDictionary(
            static block => block.Split(':')[0], static block => Label().Matches(block).Select(static match => match.Groups[1].Value).ToArray());
        while (successors.Keys.Where(name => !successors[name].Any(successors.ContainsKey)).ToList() is { Count: > 0 } ends)
            ends.ForEach(name => successors.Remove(name));
        return successors.Count > 0;
    }

    [GeneratedRegex(@"label %([\w.]+)")]
    private static partial Regex Label();

    // Two instructions for each iteration.
    private static string Looping(params ReadOnlySpan<int> iterations)
    {
        var text = new StringBuilder("""
            target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
            target triple = "bpfel"
            define i64 @prog(ptr %p) section "socket" {
            start:
              br label %loop0
            """);
        for (int i = 0; i < iterations.Length; i++)
        {
            (string before, string sum) = i == 0 ? ("start", "0") : ($"loop{i - 1}", $"%t{i - 1}");
            text.Append(CultureInfo.InvariantCulture, $"""

                loop{i}:
                  %i{i} = phi i64 [ 0, %{before} ], [ %next{i}, %loop{i} ]
                  %s{i} = phi i64 [ {sum}, %{before} ], [ %t{i}, %loop{i} ]
                  %now{i} = call i64 inttoptr (i64 5 to ptr)()
                  %t{i} = xor i64 %s{i}, %now{i}
                  %next{i} = add nuw i64 %i{i}, 1
                  %more{i} = icmp ult i64 %next{i}, {iterations[i]}
                  br i1 %more{i}, label %loop{i}, label %loop{i + 1}
                """);
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nloop{iterations.Length}:\n  ret i64 %t{iterations.Length - 1}\n}}\n").ToString();
    }

    private static string Program(string body) => $$"""
        target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
        target triple = "bpfel"
        declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
        declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
        declare i32 @memcmp(ptr, ptr, i64)
        define i64 @prog(ptr %to, ptr %from) section "socket" {
        start:
          {{body.Replace(" ; ", "\n", StringComparison.Ordinal)}}
          ret i64 0
        }
        """;
}
