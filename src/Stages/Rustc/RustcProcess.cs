using System.Diagnostics;
using System.Text.Json;

namespace BpfIncr.Stages.Rustc;

/// <summary>Makes a recorded rustc call again.</summary>
public static class RustcProcess
{
    /// <summary>Runs rustc to its end. Gives its messages when it succeeded; null when it did not.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; rustc is killed.</exception>
    /// <param name="call">The call.</param>
    /// <param name="options">The options that it was made with.</param>
    /// <param name="linker">The directory of the linker, to be put before the path.</param>
    /// <param name="target">What it compiles.</param>
    /// <param name="cancellation">Kills rustc.</param>
    public static async Task<IReadOnlyList<CompilerMessage>?> RunAsync(
        RustcCall call, RustcOptions options, string linker, CargoPackageTarget target, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(call.Arguments[0], call.Arguments[1..])
        {
            WorkingDirectory = call.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        options.Apply(start.Environment);
        // As with cargo: what the call has besides is of the call, all else of the moment.
        start.Environment[RustcCall.InheritedVariable] = RustcCall.Describe(start.Environment);
        foreach (var (name, value) in call.Variables)
            start.Environment[name] = value;
        start.Environment["PATH"] = $"{linker}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = StartOrNull(start);
        if (process is null)
            return null;
        process.StandardInput.Close();
        await using var kill = cancellation.Register(() => CargoBuild.Kill(process));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var messages = new List<CompilerMessage>();
        while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
            if (Parse(line, target) is { } message)
                messages.Add(message);
        await output;
        await process.WaitForExitAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? messages : null;
    }

    private static Process? StartOrNull(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    // rustc's own JSON: what cargo would wrap into a message of its own.
    private static CompilerMessage? Parse(string line, CargoPackageTarget target)
    {
        if (!line.StartsWith('{'))
            return null;
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.TryGetProperty("level", out var level) && root.TryGetProperty("rendered", out var rendered)
                ? new CompilerMessage(
                    target.PackageId, target.Name, ["bin"], level.GetString() ?? "", root.GetProperty("message").GetString() ?? "", rendered.GetString() ?? "")
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}

/// <summary>Which bin a rustc call is about.</summary>
/// <param name="PackageId">Cargo's id of its package.</param>
/// <param name="Name">Its name.</param>
public readonly record struct CargoPackageTarget(string PackageId, string Name);
