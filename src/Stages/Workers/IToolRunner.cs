using System.Collections.Immutable;

namespace BpfIncr.Stages.Workers;

/// <summary>Runs stage tools, somewhere.</summary>
public interface IToolRunner
{
    /// <summary>Prepares in the background for calls that are likely to come, as far as it is not prepared yet.</summary>
    /// <param name="sampleArguments">Command lines like those of the expected calls.</param>
    /// <param name="count">How many calls of each kind at once.</param>
    void Warm(IEnumerable<ImmutableArray<string>> sampleArguments, int count);

    /// <summary>Runs one call. An answer always comes: what went wrong is in its diagnostics.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; nothing goes on working for the call.</exception>
    Task<ToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken);
}
