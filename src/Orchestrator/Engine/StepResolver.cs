using BpfIncr.Cache.Actions;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>Gets results of actions, one way or another.</summary>
internal interface IStepResolver
{
    /// <summary>The result of a step; null when it has none, so that what depends on it cannot go on.</summary>
    /// <exception cref="LostBlobException">An input is gone.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation);

    /// <summary>A step cannot go on.</summary>
    void Skip(StepId id);
}

/// <summary>Gets the result of an action: from the cache when it has one, else by running it.</summary>
/// <param name="runner">Runs actions.</param>
/// <param name="tools">The caches.</param>
/// <param name="table">Where outcomes go.</param>
/// <param name="observer">Told when work begins.</param>
/// <param name="slots">As many at once.</param>
/// <param name="failed">Called when a step failed.</param>
internal sealed class StepResolver(
    StepRunner runner, PassTools tools, StepTable table, IPassObserver observer, SemaphoreSlim slots, Action failed) : IStepResolver
{
    /// <inheritdoc/>
    public async Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (tools.Cache.TryGet(action.Key) is { } hit && hit.Result.Has(output))
        {
            table.Done(id, hit.Result, executed: false, TimeSpan.Zero, hit.Tier);
            return hit.Result;
        }
        // Whoever is running this very action, here or in another process, will have the result sooner than we would.
        using var turn = await tools.Results.LockAsync(action.Key, cancellation);
        if (tools.Results.TryGet(action.Key) is { } finished)
        {
            if (finished.Has(output))
            {
                table.Done(id, finished, executed: false, TimeSpan.Zero);
                return finished;
            }
            // Nobody who has run the step writes that: it would stay in the way of what the step gives.
            tools.Cache.Forget(action.Key);
        }
        await slots.WaitAsync(cancellation);
        try
        {
            observer.Started(id);
            var execution = await runner.RunAsync(action, output, cancellation);
            if (execution.Result is not { } result)
            {
                table.Failed(id, action, execution.Diagnostics, execution.Elapsed);
                failed();
                return null;
            }
            result = tools.Cache.Add(result);
            table.Done(id, result, executed: true, execution.Elapsed);
            return result;
        }
        finally
        {
            slots.Release();
        }
    }

    /// <inheritdoc/>
    public void Skip(StepId id) => table.Skipped(id);
}
