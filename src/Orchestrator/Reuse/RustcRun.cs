using System.Diagnostics;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>One run of rustc, whose output goes on to cargo while it comes and is kept besides.</summary>
/// <param name="arguments">rustc's path and its arguments.</param>
internal sealed class RustcRun(string[] arguments)
{
    private int? _status;

    /// <summary>What rustc printed.</summary>
    public RustcStreams Streams { get; private set; } = new([], []);

    /// <summary>Runs rustc, once, and gives its exit code.</summary>
    public int ToEnd() => _status ??= RunAsync().GetAwaiter().GetResult();

    /// <summary>Prints what an earlier run printed.</summary>
    public static void Print(RustcStreams streams)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(streams.Output);
        using var errors = Console.OpenStandardError();
        errors.Write(streams.Messages);
    }

    private async Task<int> RunAsync()
    {
        var start = new ProcessStartInfo(arguments[0], arguments[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var rustc = Process.Start(start)!;
        var output = PassOnAsync(rustc.StandardOutput.BaseStream, Console.OpenStandardOutput());
        var messages = PassOnAsync(rustc.StandardError.BaseStream, Console.OpenStandardError());
        Streams = new RustcStreams(await output, await messages);
        await rustc.WaitForExitAsync();
        return rustc.ExitCode;
    }

    // At once: cargo starts the crates that use this one when rustc says that its metadata is there.
    private static async Task<byte[]> PassOnAsync(Stream from, Stream to)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await from.ReadAsync(buffer)) > 0;)
        {
            copy.Write(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read));
            await to.FlushAsync();
        }
        return copy.ToArray();
    }
}
