using System.Collections.Concurrent;
using System.Text.Json;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Workers;

/// <summary>The program of a worker process: one libLLVM, one call at a time, until its input ends.</summary>
public static class WorkerProgram
{
    /// <summary>LLVM recurses over the program it compiles; a thread's usual 8 MB are not enough for unrolled ones. Bytes.</summary>
    private const int StackSize = 256 * 1024 * 1024;

    /// <summary>Serves on the process's standard streams.</summary>
    /// <param name="llvmPath">Absolute path of the libLLVM to load.</param>
    /// <param name="llvmOptions">LLVM's command line options for the whole life of the process.</param>
    /// <returns>The process's exit code.</returns>
    public static int RunOnStandardStreams(string llvmPath, IReadOnlyList<string> llvmOptions)
    {
        MemoryLimit.Set(MemoryLimit.Default);
        using FileStream output = StandardStreams.ClaimOutput();
        using Stream input = Console.OpenStandardInput();
        return Run(llvmPath, llvmOptions, input, output);
    }

    /// <summary>Serves on given streams. Returns when <paramref name="input"/> ends and no call is in work.</summary>
    /// <remarks>When the input ends during a call, nobody waits for the answer and the process ends at once.</remarks>
    public static int Run(string llvmPath, IReadOnlyList<string> llvmOptions, Stream input, Stream output)
    {
        LlvmLibrary.Load(llvmPath, llvmOptions);
        WriteLine(output, JsonSerializer.SerializeToUtf8Bytes(new WorkerGreeting(LlvmLibrary.Version), WorkerJson.Default.WorkerGreeting));
        using var calls = new BlockingCollection<ToolCall>();
        var service = new Thread(() => Serve(calls, output), StackSize) { IsBackground = true, Name = "LLVM" };
        service.Start();
        using (var reader = new StreamReader(input, leaveOpen: true))
        {
            while (reader.ReadLine() is { } line) calls.Add(JsonSerializer.Deserialize(line, WorkerJson.Default.ToolCall)!);
        }

        calls.CompleteAdding();
        if (!service.Join(TimeSpan.FromMilliseconds(50))) StandardStreams.EndProcess(0);
        return 0;
    }

    private static void Serve(BlockingCollection<ToolCall> calls, Stream output)
    {
        foreach (ToolCall call in calls.GetConsumingEnumerable())
            WriteLine(output, JsonSerializer.SerializeToUtf8Bytes(StageTools.Run(call), WorkerJson.Default.ToolResult));
    }

    private static void WriteLine(Stream output, byte[] line)
    {
        output.Write([.. line, (byte)'\n']);
        output.Flush();
    }
}
