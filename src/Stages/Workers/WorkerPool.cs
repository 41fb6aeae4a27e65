using System.Collections.Immutable;
using System.ComponentModel;
using System.Globalization;

namespace BpfIncr.Stages.Workers;

/// <summary>
/// Runs stage tools in worker processes.
/// <para>
/// Why processes: LLVM aborts on a fatal error, calls exit on some others, keeps its options in global variables, and
/// cannot be interrupted; a forced unroll may run for a minute. A process can be killed, and its death is one step's
/// failure. Why kept alive: loading LLVM costs more than most calls.
/// </para>
/// <para>
/// A worker has one list of LLVM options for its whole life and serves one call at a time. A call takes an idle worker
/// with exactly its list, or starts one; afterwards the worker is idle again. How many run at once is the caller's
/// decision, by how many calls it makes. A worker that crashed or was too slow is dead, and the call is tried once more in
/// a fresh one, unless LLVM has said what is wrong with the program: what a call before it left behind must not be blamed on it. Every worker
/// ends when its input does, so none outlives this process, however it ends.
/// </para>
/// </summary>
public sealed class WorkerPool : IToolRunner, IAsyncDisposable
{
    private readonly string program;
    private readonly ImmutableArray<string> prefix;
    private readonly string llvmPath;
    private readonly TimeSpan timeout;
    private readonly Lock gate = new();
    private readonly List<Worker> idle = [];
    private readonly HashSet<Worker> all = [];
    private Task warming = Task.CompletedTask;
    private bool disposed;

    /// <param name="program">The executable that <see cref="WorkerProgram"/> runs in.</param>
    /// <param name="programPrefixArguments">Arguments before <c>--llvm=PATH -- OPTIONS</c>, such as <c>worker</c>.</param>
    /// <param name="llvmPath">Absolute path of the libLLVM to load.</param>
    /// <param name="timeout">How long one call may take in one worker.</param>
    public WorkerPool(string program, ImmutableArray<string> programPrefixArguments, string llvmPath, TimeSpan timeout)
    {
        this.program = program;
        prefix = programPrefixArguments;
        this.llvmPath = llvmPath;
        this.timeout = timeout;
    }

    /// <summary>Starts workers for each list of LLVM options, so that their LLVM is loaded when the calls come.</summary>
    public void Warm(IEnumerable<ImmutableArray<string>> sampleArguments, int count)
    {
        ImmutableArray<string>[] lists = [.. sampleArguments.Select(static arguments => StageTools.LlvmOptions(arguments))
            .DistinctBy(static options => string.Join('\0', options))];
        lock (gate)
        {
            if (disposed) return;
            warming = Task.WhenAll(warming, Task.Run(() => StartIdle(lists, count)));
        }
    }

    /// <summary>Runs one call in a worker; what a crash or a time-out means is in the answer's diagnostics.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; the worker that had the call is killed.</exception>
    /// <exception cref="ObjectDisposedException">The pool is closed.</exception>
    public async Task<ToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        ImmutableArray<string> options = StageTools.LlvmOptions(call.Arguments);
        WorkerCrashException? first = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await RunOnceAsync(call, options, fresh: first is not null, cancellationToken);
            }
            catch (WorkerCrashException crash) when (first is null && !IsTooFar(crash.Output ?? ""))
            {
                first = crash;
                ClearOutputs(call);
            }
            catch (WorkerCrashException crash)
            {
                ClearOutputs(call);
                return Failed("BPFI2601", $"the {call.Arguments[0]} worker {crash.Message}{(first is null ? "" : ", twice")}", crash.Output);
            }
            catch (Win32Exception e)
            {
                return Failed("BPFI2602", $"the worker program cannot be started: {e.Message}", null);
            }
        }
    }

    /// <summary>Ends all workers.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate) disposed = true;
        await warming;
        Worker[] left;
        lock (gate) left = [.. all];
        foreach (Worker worker in left) Retire(worker);
    }

    private async Task<ToolResult> RunOnceAsync(ToolCall call, ImmutableArray<string> options, bool fresh, CancellationToken cancellationToken)
    {
        Worker worker = (fresh ? null : TakeIdle(options)) ?? Start(options);
        bool healthy = false;
        try
        {
            ToolResult result = await worker.RunAsync(call, timeout, cancellationToken);
            healthy = true;
            return result;
        }
        finally
        {
            if (healthy) PutBack(worker);
            else Retire(worker);
        }
    }

    private Worker? TakeIdle(ImmutableArray<string> options)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            int index = idle.FindLastIndex(worker => worker.LlvmOptions.SequenceEqual(options));
            if (index < 0) return null;
            Worker worker = idle[index];
            idle.RemoveAt(index);
            return worker;
        }
    }

    private Worker Start(ImmutableArray<string> options)
    {
        var worker = Worker.Start(program, prefix, llvmPath, options);
        lock (gate)
        {
            if (!disposed)
            {
                all.Add(worker);
                return worker;
            }
        }

        worker.Dispose();
        throw new ObjectDisposedException(nameof(WorkerPool));
    }

    private void StartIdle(ImmutableArray<string>[] lists, int count)
    {
        try
        {
            foreach (ImmutableArray<string> options in lists)
            {
                for (int i = Alive(options); i < count; i++) PutBack(Start(options));
            }
        }
        catch (Exception e) when (e is Win32Exception or ObjectDisposedException)
        {
            // The first call that needs a worker will say what is wrong.
        }
    }

    private int Alive(ImmutableArray<string> options)
    {
        lock (gate) return all.Count(worker => worker.LlvmOptions.SequenceEqual(options));
    }

    private void PutBack(Worker worker)
    {
        lock (gate)
        {
            if (!disposed)
            {
                idle.Add(worker);
                return;
            }
        }

        Retire(worker);
    }

    private void Retire(Worker worker)
    {
        lock (gate) all.Remove(worker);
        worker.Dispose();
    }

    private static void ClearOutputs(ToolCall call)
    {
        foreach (string file in Directory.EnumerateFiles(call.OutputDirectory)) File.Delete(file);
    }

    private static ToolResult Failed(string id, string message, string? output)
    {
        string? detail = string.IsNullOrEmpty(output) ? null : output;
        return new ToolResult(false, [Diagnostic.Error(id, message, HintFor(output ?? "")) with { Detail = detail }]);
    }

    private static bool IsTooFar(string output) => output.Contains("Branch target out of insn range", StringComparison.Ordinal);

    // The words of LLVM, of the C++ library and of .NET.
    private static string HintFor(string output) =>
        IsTooFar(output) ? "A branch goes over more instructions than its 16 bits can say: let less be unrolled or inlined, or choose cpu v4, which has longer ones."
        : output.Contains("bad_alloc", StringComparison.Ordinal) || output.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            ? string.Create(CultureInfo.InvariantCulture, $"It needs more memory than a worker may take, which is {MemoryLimit.Default >> 20:N0} MiB here: let less be unrolled or inlined.")
            : "LLVM's own message, if any, is below.";
}
