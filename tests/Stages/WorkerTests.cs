using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Link;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Stages.Tests;

/// <summary>The pool with real worker processes, good ones and bad ones.</summary>
// Tests of one collection do not run at the same time: workers are counted here.
[Collection("workers")]
public sealed class WorkerTests : IDisposable
{
    private static readonly string Host = Path.Combine(AppContext.BaseDirectory, "BpfIncr.WorkerHost");
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("bpfincr-test-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task A_program_goes_through_all_stages_and_into_the_kernel()
    {
        await using WorkerPool pool = Pool("worker", TimeSpan.FromMinutes(1));
        string exports = Write("exports.txt", "prog\nLICENSE\n"u8.ToArray());
        string linked = await Run(pool, [.. new LinkOptions().ToArguments(), "--object=objects/0.bc", "--exports=exports.txt"], "linked.bc",
            new ToolInput("objects/0.bc", Bitcode(TestPrograms.Copying)), new ToolInput("exports.txt", exports));
        string patched = await Run(pool, [.. new PatchOptions().ToArguments(), "linked.bc"], "patched.bc", new ToolInput("linked.bc", linked));
        string optimized = await Run(pool, [.. new OptimizeOptions().ToArguments(), "patched.bc"], "optimized.bc", new ToolInput("patched.bc", patched));
        string probe = await Run(pool, [.. new CodegenOptions().ToArguments(), "optimized.bc"], "probe.o", new ToolInput("optimized.bc", optimized));
        using var kernel = new KernelLoader();
        kernel.Load(probe);
    }

    [Fact]
    public async Task A_crash_is_an_error_with_what_the_worker_said()
    {
        await using WorkerPool pool = Pool("crash", TimeSpan.FromMinutes(1));
        ToolResult result = await pool.RunAsync(AnyCall(), TestContext.Current.CancellationToken);
        Diagnostic finding = Assert.Single(result.Diagnostics);
        Assert.False(result.Succeeded);
        Assert.Equal("BPFI2601", finding.Id);
        Assert.Contains("signal 6", finding.Message, StringComparison.Ordinal);
        Assert.Contains("Cannot select", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_that_is_too_long_is_the_programs_and_is_not_tried_again()
    {
        await using WorkerPool pool = Pool("far", TimeSpan.FromMinutes(1));
        ToolResult result = await pool.RunAsync(AnyCall(), TestContext.Current.CancellationToken);
        Diagnostic finding = Assert.Single(result.Diagnostics);
        Assert.Equal(("BPFI2601", "the patch worker was ended by signal 6"), (finding.Id, finding.Message));
        Assert.Contains("cpu v4", finding.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_takes_too_long_is_killed()
    {
        await using WorkerPool pool = Pool("hang", TimeSpan.FromMilliseconds(300));
        ToolResult result = await pool.RunAsync(AnyCall(), TestContext.Current.CancellationToken);
        Assert.Contains("did not finish within 0.3 seconds", Assert.Single(result.Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_call_ends_its_worker()
    {
        await using WorkerPool pool = Pool("hang", TimeSpan.FromMinutes(10));
        using var cancel = new CancellationTokenSource(200);
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.RunAsync(AnyCall(), cancel.Token));
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_an_error()
    {
        await using var pool = new WorkerPool("/does/not/exist", [], TestLlvm.Path, TimeSpan.FromMinutes(1));
        ToolResult result = await pool.RunAsync(AnyCall(), TestContext.Current.CancellationToken);
        Assert.Equal("BPFI2602", Assert.Single(result.Diagnostics).Id);
    }

    [Fact]
    public async Task Calls_run_at_the_same_time_and_their_workers_are_used_again()
    {
        await using WorkerPool pool = Pool("worker", TimeSpan.FromMinutes(1));
        pool.Warm([new PatchOptions().ToArguments()], 2);
        string input = Bitcode(TestPrograms.Panicking);
        Task<string>[] calls = [.. Enumerable.Range(0, 6).Select(_ =>
            Run(pool, [.. new PatchOptions().ToArguments(), "in.bc"], "out.bc", new ToolInput("in.bc", input)))];
        string[] outputs = await Task.WhenAll(calls);
        Assert.Single(outputs.Select(static output => Convert.ToHexString(File.ReadAllBytes(output))).Distinct());
    }

    [Fact]
    public async Task What_is_warm_already_is_not_started_again()
    {
        await using WorkerPool pool = Pool("worker", TimeSpan.FromMinutes(1));
        ImmutableArray<string> ordinary = new PatchOptions().ToArguments();
        pool.Warm([ordinary], 2);
        await WorkersAsync(2);

        // The lists are warmed in order: when the second one is there, the first one would be.
        pool.Warm([ordinary, ordinary.Add("--llvm-option=-time-passes=false")], 2);

        await WorkersAsync(4);
    }

    [Fact]
    public async Task Damaged_bitcode_is_an_error_and_the_worker_lives_on()
    {
        await using WorkerPool pool = Pool("worker", TimeSpan.FromMinutes(1));
        byte[] good = File.ReadAllBytes(Bitcode(TestPrograms.Panicking));
        var random = new Random(7);
        for (int i = 0; i < 30; i++)
        {
            string damaged = Write($"damaged{i}.bc", good[..(random.Next(good.Length / 8) * 4)]);
            var call = new ToolCall([.. new PatchOptions().ToArguments(), "in.bc", "--output=out.bc"], [new ToolInput("in.bc", damaged)], NewDirectory());
            ToolResult result = await pool.RunAsync(call, TestContext.Current.CancellationToken);
            Assert.False(result.Succeeded);
            Assert.Equal("BPFI2201", result.Diagnostics[0].Id);
        }
    }

    // Waits until some of this process's children are workers, and says when they are too many.
    private static async Task WorkersAsync(int expected)
    {
        var clock = Stopwatch.StartNew();
        int count = 0;
        while (count < expected && clock.Elapsed < TimeSpan.FromMinutes(1))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            count = Process.GetProcesses().Count(IsWorkerOfThisProcess);
        }

        Assert.Equal(expected, count);
    }

    private static bool IsWorkerOfThisProcess(Process process)
    {
        try
        {
            string status = File.ReadAllText($"/proc/{process.Id}/stat");
            return status.Contains("(BpfIncr.WorkerH)", StringComparison.Ordinal)
                && status[(status.LastIndexOf(')') + 2)..].Split(' ')[1] == $"{Environment.ProcessId}";
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static WorkerPool Pool(string mode, TimeSpan timeout) => new(Host, [mode], TestLlvm.Path, timeout);

    private ToolCall AnyCall() => new([.. new PatchOptions().ToArguments(), "in.bc", "--output=out.bc"], [], NewDirectory());

    private async Task<string> Run(WorkerPool pool, ImmutableArray<string> arguments, string output, params ToolInput[] inputs)
    {
        string outputs = NewDirectory();
        ToolResult result = await pool.RunAsync(
            new ToolCall(arguments.Add($"--output={output}"), [.. inputs], outputs), TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, string.Join('\n', result.Diagnostics));
        return Path.Combine(outputs, output);
    }

    private string Bitcode(string program)
    {
        TestLlvm.Load();
        using var context = new LlvmContext("BPFI2101");
        using LlvmModule module = TestLlvm.Parse(context, program);
        return Write("program.bc", module.ToBitcode());
    }

    private string NewDirectory() => directory.CreateSubdirectory(Guid.NewGuid().ToString("n")).FullName;

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(NewDirectory(), name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
