using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;
using BpfIncr.Stages;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What running an action gave: a result to store, or why there is none.</summary>
/// <param name="Result">The result; null when the step failed.</param>
/// <param name="Diagnostics">What the tool said.</param>
/// <param name="Elapsed">How long it ran.</param>
internal sealed record Execution(StepResult? Result, ImmutableArray<Diagnostic> Diagnostics, TimeSpan Elapsed);

/// <summary>An input of a step is no longer in the blob store, or is damaged there. Whoever made it has to run again.</summary>
internal sealed class LostBlobException(Digest digest) : Exception($"the blob {digest} is lost")
{
    public Digest Digest { get; } = digest;
}

/// <summary>Runs the actions of the LLVM stages: puts inputs before a worker, takes its output into the blob store.</summary>
internal sealed class StepRunner(TieredCache cache, IToolRunner workers)
{
    /// <summary>Runs an action whose arguments are a tool's command line. Stores blobs, not the result.</summary>
    /// <exception cref="LostBlobException">An input is not there.</exception>
    public async Task<Execution> RunAsync(StepAction action, string output, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var directory = cache.Blobs.NewWorkDirectory();
        try
        {
            var call = new ToolCall([.. action.Arguments], [.. action.Inputs.Files.Select(Input)], directory);
            var result = await workers.RunAsync(call, cancellation);
            if (!result.Succeeded)
            {
                // What was there when the call began may have been collected before the worker read it.
                foreach (var input in action.Inputs.Files)
                    Input(input);
                return new Execution(null, result.Diagnostics, clock.Elapsed);
            }
            var digest = cache.Blobs.Adopt(Path.Combine(directory, output));
            var stored = result.Diagnostics.Select(DiagnosticStorage.Store).ToImmutableArray();
            return new Execution(
                new StepResult(action, [new StepOutput(output, digest)], stored, clock.Elapsed), result.Diagnostics, clock.Elapsed);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private ToolInput Input(KeyValuePair<string, Digest> file) =>
        cache.Obtain(file.Value) ? new ToolInput(file.Key, cache.Blobs.PathOf(file.Value)) : throw new LostBlobException(file.Value);
}
