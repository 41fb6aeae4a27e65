using System.Diagnostics;

namespace BpfIncr.Stages.Rustc;

/// <summary>Short questions to a tool: run it, take what it prints.</summary>
public static class ToolProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Of a process that SIGHUP, SIGINT or SIGTERM ended.
    private static readonly int[] Stopped = [128 + 1, 128 + 2, 128 + 15];

    // Of one that SIGKILL ended: the system does that when memory is short.
    private const int Killed = 128 + 9;

    /// <summary>What the tool printed when it ended well; null when it failed, is missing or hangs.</summary>
    /// <exception cref="OperationCanceledException">Somebody stopped the tool.</exception>
    public static string? Ask(string program, string workingDirectory, params string[] arguments) =>
        Run(program, workingDirectory, [], arguments).Output;

    /// <summary>What the tool printed when it ended well; null when it failed, is missing or hangs.</summary>
    /// <param name="program">The tool.</param>
    /// <param name="workingDirectory">Where it runs.</param>
    /// <param name="isFinal">Whether it ended by itself, so that it would say the same once more.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="OperationCanceledException">Somebody stopped the tool.</exception>
    public static string? Ask(string program, string workingDirectory, out bool isFinal, params string[] arguments)
    {
        (var output, _, isFinal) = RunToEnd(program, workingDirectory, [], arguments);
        return output;
    }

    /// <summary>What the tool printed when it ended well, else null; and what it said on its standard error.</summary>
    /// <exception cref="OperationCanceledException">Somebody stopped the tool.</exception>
    public static (string? Output, string Errors) Run(
        string program,
        string workingDirectory,
        IEnumerable<KeyValuePair<string, string>> environment,
        params string[] arguments)
    {
        var (output, errors, _) = RunToEnd(program, workingDirectory, environment, arguments);
        return (output, errors);
    }

    private static (string? Output, string Errors, bool IsFinal) RunToEnd(
        string program, string workingDirectory, IEnumerable<KeyValuePair<string, string>> environment, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return (null, $"{program} did not answer within {Patience.TotalSeconds:0} s", false);
            }
            // Ctrl-C reaches the tool as well as this program: silence is then no answer, least of all one to remember.
            if (Stopped.Contains(process.ExitCode))
                throw new OperationCanceledException($"{program} was stopped");
            return (process.ExitCode == 0 ? output.GetAwaiter().GetResult() : null, errors.GetAwaiter().GetResult(), process.ExitCode != Killed);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (null, $"{program} cannot be started: {e.Message}", true);
        }
    }
}
