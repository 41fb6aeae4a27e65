using System.Diagnostics;
using System.Text;

namespace BpfIncr.Stages.Verify;

/// <summary>
/// A process that loads objects into the running kernel, one after the other. It is started when it is first needed, and anew
/// when it has ended or was too slow: libbpf reads what anybody may have written.
/// </summary>
/// <param name="program">This program, as a command line.</param>
/// <param name="library">Absolute path of libbpf.</param>
public sealed class LoaderProcess(IReadOnlyList<string> program, string library) : IDisposable
{
    /// <summary>How much is kept of a log, in characters.</summary>
    private const int LogLimit = 256 * 1024;

    // The verifier takes half a minute for a program that is too large for it, and libbpf tries some three times.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private Process? process;

    /// <summary>Loads an object; null when the loader did not survive it, or took too long.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<LoadReport?> LoadAsync(string path, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            process ??= Start();
            await process.StandardInput.WriteLineAsync(LoadAnswers.Ask(path, LogLimit).AsMemory(), deadline.Token);
            await process.StandardInput.FlushAsync(deadline.Token);
            if (LoadAnswers.Parse(await process.StandardOutput.ReadLineAsync(deadline.Token)) is { } report) return report;
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // It has ended, or will never answer.
        }

        Stop();
        cancellation.ThrowIfCancellationRequested();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private Process Start() => Process.Start(new ProcessStartInfo(program[0], [.. program.Skip(1), LoaderProgram.Command, library])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        StandardInputEncoding = new UTF8Encoding(false),
        StandardOutputEncoding = Encoding.UTF8,
    })!;

    private void Stop()
    {
        if (process is null) return;
        if (!process.HasExited) process.Kill();
        process.Dispose();
        process = null;
    }
}
