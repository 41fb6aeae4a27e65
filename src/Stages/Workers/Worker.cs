using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace BpfIncr.Stages.Workers;

/// <summary>One running worker process, from the side of the one who asks. After any exception it is dead.</summary>
internal sealed class Worker : IDisposable
{
    private const int OutputLimit = 16 * 1024;
    private readonly Process process;
    private readonly StringBuilder errors = new();
    private readonly Task errorsRead;
    private bool greeted;

    private Worker(Process process, ImmutableArray<string> llvmOptions)
    {
        this.process = process;
        LlvmOptions = llvmOptions;
        errorsRead = ReadErrorsAsync();
    }

    /// <summary>The LLVM options the process was started with.</summary>
    public ImmutableArray<string> LlvmOptions { get; }

    /// <summary>Starts a process; it loads its LLVM while the caller goes on.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static Worker Start(string program, IEnumerable<string> prefix, string llvmPath, ImmutableArray<string> llvmOptions)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in prefix) start.ArgumentList.Add(argument);
        start.ArgumentList.Add($"--llvm={llvmPath}");
        start.ArgumentList.Add("--");
        foreach (string option in llvmOptions) start.ArgumentList.Add(option);
        return new Worker(Process.Start(start)!, llvmOptions);
    }

    /// <summary>Runs one call.</summary>
    /// <exception cref="WorkerCrashException">No answer came within <paramref name="timeout"/>, or ever.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the process is killed.</exception>
    public async Task<ToolResult> RunAsync(ToolCall call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            if (!greeted) await ReadLineAsync(deadline.Token);
            greeted = true;
            string line = JsonSerializer.Serialize(call, WorkerJson.Default.ToolCall);
            await process.StandardInput.WriteLineAsync(line.AsMemory(), deadline.Token);
            await process.StandardInput.FlushAsync(deadline.Token);
            return JsonSerializer.Deserialize(await ReadLineAsync(deadline.Token), WorkerJson.Default.ToolResult)!;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Kill();
            throw new WorkerCrashException($"did not finish within {timeout.TotalSeconds:0.#} seconds", await ErrorsAsync());
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            Kill();
            throw await CrashAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        process.Dispose();
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken) =>
        await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new EndOfStreamException();

    private async Task<WorkerCrashException> CrashAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await process.WaitForExitAsync(patience.Token);
        int code = process.ExitCode;
        return new WorkerCrashException(code > 128 ? $"was ended by signal {code - 128}" : $"ended with status {code}", await ErrorsAsync());
    }

    private void Kill()
    {
        try
        {
            // A worker starts no processes of its own; looking for some would read all of /proc.
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private async Task ReadErrorsAsync()
    {
        char[] buffer = new char[1024];
        int count;
        while ((count = await process.StandardError.ReadAsync(buffer)) > 0)
        {
            lock (errors)
            {
                errors.Append(buffer, 0, count);
                if (errors.Length > OutputLimit) errors.Remove(0, errors.Length - OutputLimit);
            }
        }
    }

    private async Task<string> ErrorsAsync()
    {
        await Task.WhenAny(errorsRead, Task.Delay(TimeSpan.FromSeconds(1)));
        lock (errors) return errors.ToString().Trim();
    }
}
