using System.Collections.Immutable;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>The worker pools of a process, one for each libLLVM: kept from pass to pass, so that a watching process has its LLVM loaded.</summary>
/// <param name="program">This program as a command line.</param>
internal sealed class WorkerPools(ImmutableArray<string> program) : IAsyncDisposable
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, WorkerPool> _pools = new(StringComparer.Ordinal);

    /// <summary>The pool for a libLLVM.</summary>
    public WorkerPool For(string llvm)
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
