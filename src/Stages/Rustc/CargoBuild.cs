using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;

namespace BpfIncr.Stages.Rustc;

/// <summary>One cargo call: which bins of which workspace, and how.</summary>
/// <param name="Toolchain">The compiler.</param>
/// <param name="Options">What affects the output.</param>
/// <param name="WorkspaceRoot">Where the workspace's root manifest is.</param>
/// <param name="TargetDirectory">Cargo's target directory; ours alone.</param>
/// <param name="Finder">What finds crates instead of compiling them; null where the user has a wrapper of their own.</param>
/// <param name="Packages">Packages that take part in feature resolution.</param>
/// <param name="Bins">Bins to build.</param>
/// <param name="Jobs">How many rustc at once.</param>
/// <param name="KeepGoing">Whether cargo goes on with other bins after one failed.</param>
public sealed record CargoRequest(
    Toolchain Toolchain,
    RustcOptions Options,
    string WorkspaceRoot,
    string TargetDirectory,
    CrateFinder? Finder,
    ImmutableArray<string> Packages,
    ImmutableArray<string> Bins,
    int Jobs,
    bool KeepGoing)
{
    /// <summary>The package whose features cargo takes only without its name; null when each has to name its package.</summary>
    public string? UnnamedPackage { get; init; }
}

/// <summary>How a cargo call ended.</summary>
/// <param name="Succeeded">Whether everything was built.</param>
/// <param name="Errors">What cargo itself wrote to its standard error, without progress lines.</param>
public sealed record CargoOutcome(bool Succeeded, string Errors);

/// <summary>
/// Runs cargo for all dirty bins of a workspace at once and hands on its messages as they come, so that the
/// stages behind rustc start for the first probe while cargo compiles the next.
/// </summary>
public static class CargoBuild
{
    /// <summary>Runs cargo to its end. Cancellation kills it with everything it started.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<CargoOutcome> RunAsync(
        CargoRequest request, Action<CargoMessage> message, Action<string> progress, CancellationToken cancellation)
    {
        var tools = CaptureLinker.Write(request.TargetDirectory);
        WriteFoundLinker(request.TargetDirectory);
        ForgetFailedAnswers(request.TargetDirectory);
        using var process = Process.Start(StartInfo(request, tools))!;
        process.StandardInput.Close();
        await using var kill = cancellation.Register(() => Kill(process));
        var errors = new StringBuilder();
        var reading = ReadErrorsAsync(process, errors, progress);
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
            if (CargoMessage.Parse(line) is { } parsed)
                message(parsed);
        await reading;
        await process.WaitForExitAsync(CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
        return new CargoOutcome(process.ExitCode == 0, errors.ToString());
    }

    /// <summary>Makes cargo forget what it built of some packages, where its timestamps would call stale files fresh.</summary>
    public static void Clean(CargoRequest request, IEnumerable<string> packages)
    {
        string[] arguments =
        [
            "clean", "--release", "--target", request.Toolchain.Triple, "--target-dir", request.TargetDirectory,
            .. packages.SelectMany(p => (string[])["-p", p]),
        ];
        _ = ToolProcess.Ask(request.Toolchain.Cargo, request.WorkspaceRoot, arguments);
    }

    // Build scripts of programs for aya look for it, to tell cargo where it is.
    private static void WriteFoundLinker(string targetDirectory) => ToolScript.Write(targetDirectory, "bpf-linker", """
        echo "bpf-linker: bpfincr itself links what it builds; this is only here for build scripts that look for a linker" >&2
        exit 1
        """);

    // Cargo remembers what rustc said of itself, and also that it said nothing because it was killed, or could not be read from the
    // disk: it would fail for ever.
    private static void ForgetFailedAnswers(string targetDirectory)
    {
        var answers = Path.Combine(targetDirectory, ".rustc_info.json");
        try
        {
            var known = File.Exists(answers) ? File.ReadAllText(answers) : "";
            if (known.Contains("\"success\":false", StringComparison.Ordinal) || known.Contains("\"stdout\":\"\"", StringComparison.Ordinal))
                File.Delete(answers);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Cargo finds out by itself, and says it better.
        }
    }

    internal static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself just now.
        }
    }

    // Progress lines begin with a blank-padded verb; what does not is an error or belongs to one.
    private static async Task ReadErrorsAsync(Process process, StringBuilder errors, Action<string> progress)
    {
        while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.StartsWith("   ", StringComparison.Ordinal) && errors.Length == 0)
                progress(line.Trim());
            else
                errors.AppendLine(line);
        }
    }

    private static ProcessStartInfo StartInfo(CargoRequest request, string tools)
    {
        var start = new ProcessStartInfo(request.Toolchain.Cargo, Arguments(request))
        {
            WorkingDirectory = request.WorkspaceRoot,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var environment = start.Environment;
        request.Options.Apply(environment);
        if (request.Finder is { } finder)
            environment[CrateFinder.SessionVariable] = finder.Session;
        environment[RustcCall.InheritedVariable] = RustcCall.Describe(environment);
        environment["RUSTC"] = RustcScript.Write(request.TargetDirectory, request.Toolchain, request.Finder, RemapFlags(request));
        environment["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}";
        return start;
    }

    private static IEnumerable<string> Arguments(CargoRequest request)
    {
        var toolchain = request.Toolchain;
        List<string> arguments =
        [
            "build", "--release", "--message-format=json-diagnostic-rendered-ansi",
            "--target", toolchain.Triple, "--target-dir", request.TargetDirectory, $"-j{request.Jobs}",
            "--config", $"target.{toolchain.Triple}.rustflags=[{string.Join(',', RustFlags(request).Select(TomlString))}]",
        ];
        if (request.KeepGoing)
            arguments.Add("--keep-going");
        if (toolchain.Mode == ToolchainMode.BuildStd)
            arguments.Add("-Zbuild-std=core");
        arguments.AddRange(request.Packages.SelectMany(p => (string[])["-p", p]));
        arguments.AddRange(request.Bins.SelectMany(b => (string[])["--bin", b]));
        arguments.AddRange(request.Options.CargoFeatures(request.UnnamedPackage));
        return arguments;
    }

    // The linker's name has no slash: it is found on the path, so that no flag depends on where anything lies. What does
    // depend on it is the script's to add, because cargo makes file names from its flags.
    private static IEnumerable<string> RustFlags(CargoRequest request) =>
    [
        .. request.Options.RustFlags(),
        CaptureLinker.Flag,
        .. request.Finder is null ? RemapFlags(request) : [],
    ];

    // Of several that match, rustc takes the last; the target directory may lie in the workspace.
    private static IEnumerable<string> RemapFlags(CargoRequest request) =>
    [
        $"--remap-path-prefix={request.WorkspaceRoot}={RustcOptions.MappedRoot}",
        $"--remap-path-prefix={request.TargetDirectory}={RustcOptions.MappedTarget}",
        $"--remap-path-prefix={CargoHome}={RustcOptions.MappedCargoHome}",
    ];

    /// <summary>Where cargo has the sources of registries and repositories.</summary>
    public static string CargoHome => Environment.GetEnvironmentVariable("CARGO_HOME") is { Length: > 0 } home
        ? home
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cargo");

    private static string TomlString(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
