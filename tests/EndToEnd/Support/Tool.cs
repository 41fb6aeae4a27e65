using System.Diagnostics;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>How a program ended and what it said.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Everything, for the message of a failed test.</summary>
    public override string ToString() => $"exit code {ExitCode}\n{Output}{Errors}";
}

/// <summary>Runs programs to their end.</summary>
internal static class Tool
{
    /// <summary>
    /// How lines begin that a build may say because of another one: all that run at the same time share cargo's home, which is locked now
    /// and then, and some share a directory.
    /// </summary>
    public const string Waiting = "cargo: Blocking waiting for file lock on ";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    // What would choose another toolchain, other flags or other probes than the test means.
    private static readonly string[] Foreign = ["CARGO_", "RUST", "PROBE_", "BPFINCR_", "NO_COLOR"];
    private static readonly string[] Kept = ["CARGO_HOME", "RUSTUP_HOME"];


    /// <summary>Runs a program; fails the test when it does not end.</summary>
    /// <param name="program">A path, or a name on the path.</param>
    /// <param name="directory">The directory to run in.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables on top of those of the tests.</param>
    public static ToolResult Run(
        string program, string directory, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        using var process = Start(program, directory, arguments, environment);
        return Finish(process);
    }

    /// <summary>Starts a program, for a test that disturbs it.</summary>
    public static Process Start(
        string program, string directory, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsForeign).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Waits for the end of a program that <see cref="Start"/> started; gives what it printed that was not read before.</summary>
    /// <param name="process">The program.</param>
    /// <param name="patience">For how long; without it, what is long for one build.</param>
    public static ToolResult Finish(Process process, TimeSpan? patience = null)
    {
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(patience ?? Deadline))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{process.StartInfo.FileName} did not end in {patience ?? Deadline}");
        }
        var said = errors.GetAwaiter().GetResult().Split('\n').Where(l => !l.StartsWith(Waiting, StringComparison.Ordinal));
        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), string.Join('\n', said));
    }

    /// <summary>Runs a program that is only a means; throws when it fails.</summary>
    public static void Do(string program, params IEnumerable<string> arguments)
    {
        var result = Run(program, Path.GetTempPath(), arguments);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {result}");
    }

    private static bool IsForeign(string name) =>
        Foreign.Any(f => name.StartsWith(f, StringComparison.Ordinal)) && !Kept.Contains(name);
}
