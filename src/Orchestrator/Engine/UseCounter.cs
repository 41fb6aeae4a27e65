using System.Collections.Concurrent;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Reuse;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Counts what a pass found in the cache and what it ran, and passes everything on. It follows the pass, instead of looking at
/// its report, because a pass that is stopped has none. A step that is only repeated asked nothing of the cache.
/// </summary>
/// <param name="next">The observer that also wants to know.</param>
internal sealed class UseCounter(IPassObserver next) : IPassObserver
{
    private const string LocalTier = "local";

    private readonly ConcurrentDictionary<StepId, Step> _steps = new();
    private readonly ConcurrentBag<CrateOutcome> _crates = [];

    /// <summary>What was counted so far.</summary>
    public IEnumerable<UseCount> Counts()
    {
        var steps = _steps.Values
            .Where(s => s.Source is Source.ActionCache or Source.Executed)
            .Select(s => (Stage: s.Id.StageName, s.Tier, Ran: s.Source == Source.Executed, s.Saved, Spent: s.Elapsed));
        var crates = _crates.Select(c => (Stage: CrateActions.Stage, c.Tier, Ran: c.Compiled, c.Saved, Spent: c.Elapsed));
        var now = DateTime.UtcNow;
        return steps.Concat(crates).GroupBy(s => (s.Stage, s.Tier)).Select(g => new UseCount(
            g.Key.Stage, g.Key.Tier ?? LocalTier, g.Count(s => !s.Ran), Sum(g.Select(s => s.Saved)), g.Count(s => s.Ran), Sum(g.Where(s => s.Ran).Select(s => s.Spent)), now));
    }

    /// <inheritdoc/>
    public void Begins(int steps) => next.Begins(steps);

    /// <inheritdoc/>
    public void Started(StepId step) => next.Started(step);

    /// <inheritdoc/>
    public void Finished(Step step)
    {
        _steps[step.Id] = step;
        next.Finished(step);
    }

    /// <inheritdoc/>
    public void Finished(CrateOutcome crate)
    {
        _crates.Add(crate);
        next.Finished(crate);
    }

    /// <inheritdoc/>
    public void Progress(string line) => next.Progress(line);

    /// <inheritdoc/>
    public void Summary(Report report) => next.Summary(report);

    private static TimeSpan Sum(IEnumerable<TimeSpan> times) => times.Aggregate(TimeSpan.Zero, (sum, t) => sum + t);
}
