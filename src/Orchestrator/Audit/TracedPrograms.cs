using System.Collections.Immutable;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>A cargo call whose files were traced.</summary>
/// <param name="Directory">Where the logs are.</param>
/// <param name="Request">The call.</param>
/// <param name="Scripts">The build scripts that ran.</param>
internal sealed record TracedCall(string Directory, CargoRequest Request, IReadOnlyList<BuildScriptMessage> Scripts);

/// <summary>Programs of this machine of which cargo, and all that it starts, runs below strace: each of their threads leaves a log of what it did with files.</summary>
/// <param name="programs">The programs.</param>
/// <param name="directory">Where the logs go.</param>
internal sealed class TracedPrograms(IPrograms programs, string directory) : IPrograms
{
    // Of each thread a file; with times, working directories and the paths of open files; command lines whole.
    private static readonly ImmutableArray<string> Tracer =
    [
        "strace", "-f", "-ff", "-ttt", "-y", "-q", "-e", "signal=none", "-s", "1048576", "--seccomp-bpf",
        "-e", "trace=%file,getdents,getdents64,clone,clone3,fork,vfork",
    ];

    private readonly List<TracedCall> _calls = [];

    /// <summary>The calls of cargo so far.</summary>
    public IReadOnlyList<TracedCall> Calls => _calls;

    /// <summary>Why nothing can be traced on this machine; null when it can.</summary>
    public static string? Trouble()
    {
        var (output, errors) = ToolProcess.Run(Tracer[0], "/", [], [.. Tracer[1..], "-o", "/dev/null", "true"]);
        return output is null ? errors.Trim().Split('\n')[0] : null;
    }

    /// <inheritdoc/>
    public async Task<CargoOutcome> BuildAsync(
        CargoRequest request, Action<CargoMessage> message, Action<string> progress, CancellationToken cancellation)
    {
        var place = Directory.CreateDirectory(Path.Combine(directory, $"{_calls.Count}")).FullName;
        var scripts = new List<BuildScriptMessage>();
        _calls.Add(new TracedCall(place, request, scripts));
        var cargo = ToolScript.Write(place, "cargo", $"exec {ToolScript.Quote([.. Tracer, "-o", Path.Combine(place, FileTrace.LogName), request.Toolchain.Cargo])} \"$@\"");
        return await programs.BuildAsync(request with { Toolchain = request.Toolchain with { Cargo = cargo } }, Follow, progress, cancellation);

        void Follow(CargoMessage told)
        {
            if (told is BuildScriptMessage script)
                scripts.Add(script);
            message(told);
        }
    }

    /// <inheritdoc/>
    public ImmutableArray<ToolchainCandidate> Find(ToolchainFinder finder, bool all) => programs.Find(finder, all);

    /// <inheritdoc/>
    public (string? Json, string Errors) Metadata(Toolchain toolchain, string directory) => programs.Metadata(toolchain, directory);

    /// <inheritdoc/>
    public string? AskLlvm(string directory, IReadOnlyList<string> arguments) => programs.AskLlvm(directory, arguments);

    /// <inheritdoc/>
    public void Clean(CargoRequest request, IEnumerable<string> packages) => programs.Clean(request, packages);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CompilerMessage>?> RepeatAsync(
        RustcCall call, RustcOptions options, string linker, CargoPackageTarget target, CancellationToken cancellation) =>
        programs.RepeatAsync(call, options, linker, target, cancellation);

    /// <inheritdoc/>
    public IToolRunner Workers(string llvm) => programs.Workers(llvm);
}
