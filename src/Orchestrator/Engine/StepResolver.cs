using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>Finds what is wrong once more, with places; empty when it does not find it.</summary>
internal delegate Task<ImmutableArray<Diagnostic>> FailureSearch(StepRunner runner, CancellationToken cancellation);

/// <summary>Gets results of actions, one way or another.</summary>
internal interface IStepResolver
{
    /// <summary>The result of a step; null when it has none, so that what depends on it cannot go on.</summary>
    /// <exception cref="LostBlobException">An input is gone.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation, FailureSearch? places = null);

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
    public async Task<StepResult?> ResolveAsync(StepId id, StepAction action, string output, CancellationToken cancellation, FailureSearch? places = null)
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
                table.Failed(id, action, await WithPlacesAsync(execution.Diagnostics, places, cancellation), execution.Elapsed);
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

    private async Task<ImmutableArray<Diagnostic>> WithPlacesAsync(ImmutableArray<Diagnostic> found, FailureSearch? places, CancellationToken cancellation)
    {
        // What is about a function of the program has a place.
        if (places is null || !found.Any(d => d is { Function: not null, File: null }))
            return found;
        try
        {
            var placed = await places(runner, cancellation);
            // With debug info less is inlined, and something else could come to light.
            return placed.Select(d => d.Id).ToHashSet().SetEquals(found.Select(d => d.Id)) ? placed : found;
        }
        catch (OperationCanceledException)
        {
            // What was found stays found when another probe stops the pass.
            return found;
        }
    }

    /// <inheritdoc/>
    public void Skip(StepId id) => table.Skipped(id);
}
