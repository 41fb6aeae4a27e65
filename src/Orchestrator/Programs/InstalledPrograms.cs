using System.Collections.Immutable;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Programs;

/// <summary>
/// The programs of this machine. The worker pools, one for each libLLVM, are kept from pass to pass, so that a watching
/// process has its LLVM loaded.
/// </summary>
/// <param name="program">This program as a command line.</param>
/// <param name="readOnly">Whether cargo has to leave the workspace as it is.</param>
internal sealed class InstalledPrograms(ImmutableArray<string> program, bool readOnly = false) : IPrograms, IAsyncDisposable
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, WorkerPool> _pools = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ImmutableArray<ToolchainCandidate> Find(ToolchainFinder finder, bool all) => finder.Find(all);

    /// <inheritdoc/>
    public (string? Json, string Errors) Metadata(Toolchain toolchain, string directory)
    {
        if (!readOnly)
            return AskMetadata(toolchain, directory);
        if (AskMetadata(toolchain, directory, "--locked") is { Json: not null } answer)
            return answer;
        // Cargo would write a lock file here, or there is another mistake, which it then says in the same words.
        using var shadow = new ShadowTree(directory);
        var (json, errors) = AskMetadata(toolchain, shadow.Shadow);
        return (json is null ? null : shadow.Translate(json), shadow.Translate(errors));
    }

    private (string? Json, string Errors) AskMetadata(Toolchain toolchain, string directory, params string[] options) =>
        ToolProcess.Run(toolchain.Cargo, directory, [new("RUSTC", toolchain.Rustc), .. Leave], ["metadata", "--format-version", "1", .. options]);

    // Cargo keeps what it learns of rustc in the target directory.
    private KeyValuePair<string, string>[] Leave => readOnly ? [new("CARGO_CACHE_RUSTC_INFO", "0")] : [];

    /// <inheritdoc/>
    public string? AskLlvm(string directory, IReadOnlyList<string> arguments)
    {
        // What LLVM prints comes out of the standard error: a worker keeps its standard output for answers.
        var (output, answer) = ToolProcess.Run(program[0], directory, [], [.. program[1..], .. arguments]);
        return output is null ? null : answer;
    }

    /// <inheritdoc/>
    public Task<CargoOutcome> BuildAsync(
        CargoRequest request, Action<CargoMessage> message, Action<string> progress, CancellationToken cancellation) =>
        CargoBuild.RunAsync(request, message, progress, cancellation);

    /// <inheritdoc/>
    public void Clean(CargoRequest request, IEnumerable<string> packages) => CargoBuild.Clean(request, packages);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CompilerMessage>?> RepeatAsync(
        RustcCall call, RustcOptions options, string linker, CargoPackageTarget target, CancellationToken cancellation) =>
        RustcProcess.RunAsync(call, options, linker, target, cancellation);

    /// <inheritdoc/>
    public IToolRunner Workers(string llvm)
    {
        if (!_pools.TryGetValue(llvm, out var pool))
            _pools[llvm] = pool = new WorkerPool(program[0], [.. program[1..], "worker"], llvm, StepTimeout);
        return pool;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools.Values)
            await pool.DisposeAsync();
    }
}
