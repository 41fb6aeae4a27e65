using System.Collections.Immutable;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Programs;

/// <summary>
/// The programs that a build calls: rustc, cargo and the LLVM workers. Whatever else a build does it does itself, so
/// that small pure functions in their place are enough to try all the rest with.
/// </summary>
internal interface IPrograms
{
    /// <summary>What toolchains there are, the one to use first.</summary>
    /// <param name="finder">Where to look.</param>
    /// <param name="all">Whether to go on looking when the best kind of toolchain is found.</param>
    ImmutableArray<ToolchainCandidate> Find(ToolchainFinder finder, bool all);

    /// <summary>What <c>cargo metadata</c> prints about a workspace, null when it fails; and what it says on its standard error.</summary>
    (string? Json, string Errors) Metadata(Toolchain toolchain, string directory);

    /// <summary>What this program prints when one of its hidden commands asks a libLLVM, in a process of its own, about options and cpus; null when it fails.</summary>
    string? AskLlvm(string directory, IReadOnlyList<string> arguments);

    /// <summary>Runs <c>cargo build</c>.</summary>
    /// <param name="request">What to build.</param>
    /// <param name="message">Told of each message as it comes.</param>
    /// <param name="progress">Told what cargo is doing.</param>
    /// <param name="cancellation">Stops cargo and all that it started.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<CargoOutcome> BuildAsync(
        CargoRequest request, Action<CargoMessage> message, Action<string> progress, CancellationToken cancellation);

    /// <summary>Makes cargo forget what it built of some packages.</summary>
    void Clean(CargoRequest request, IEnumerable<string> packages);

    /// <summary>Makes a recorded rustc call again. Gives rustc's messages; null when it failed.</summary>
    /// <param name="call">The call.</param>
    /// <param name="options">The options that it was made with.</param>
    /// <param name="linker">The directory of the linker.</param>
    /// <param name="target">What it compiles.</param>
    /// <param name="cancellation">Stops rustc.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<IReadOnlyList<CompilerMessage>?> RepeatAsync(
        RustcCall call, RustcOptions options, string linker, CargoPackageTarget target, CancellationToken cancellation);

    /// <summary>The workers that have a libLLVM loaded.</summary>
    IToolRunner Workers(string llvm);
}
