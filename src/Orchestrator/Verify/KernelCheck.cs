using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>Asks one kernel about objects, but not about what it has said before.</summary>
internal sealed class KernelCheck(IKernel kernel, VerdictCache verdicts)
{
    /// <summary>What the kernel says of each object, in the order in which they are given.</summary>
    /// <exception cref="UnusableKernelException">The kernel cannot be asked at all.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; what was said until then is known.</exception>
    public async Task<ImmutableArray<CheckedLoad>> RunAsync(IReadOnlyList<CheckedObject> objects, CancellationToken cancellation)
    {
        // The same object may be there under several names; it is asked about once.
        var said = new Dictionary<Cache.Digests.Digest, (LoadReport? Report, bool IsKnown)>();
        foreach (var one in objects)
            if (verdicts.TryGet(one) is { } known)
                said[one.Digest] = (known, true);
        var unknown = objects.Where(o => !said.ContainsKey(o.Digest)).DistinctBy(o => o.Digest).ToList();
        var clock = Stopwatch.StartNew();
        await foreach (var (one, report) in kernel.LoadAsync(unknown, cancellation))
        {
            said[one.Digest] = (report, false);
            if (report is not null)
                verdicts.Add(one, report, clock.Elapsed);
            clock.Restart();
        }
        return [.. objects.Select(o => new CheckedLoad(o, said[o.Digest].Report, said[o.Digest].IsKnown))];
    }
}
