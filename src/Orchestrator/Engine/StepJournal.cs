using System.Collections.Concurrent;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Writes down how steps end: one that ran at once, so that nothing that cost time is forgotten; those that were found
/// together, at the end of the pass, as a thousand transactions cost more than the look-ups.
/// </summary>
internal sealed class StepJournal(string workspace, IndexDatabase index)
{
    private readonly ConcurrentDictionary<string, EndedStep> _found = new(StringComparer.Ordinal);

    /// <summary>Takes note of a step.</summary>
    public void Add(EndedStep step)
    {
        if (step is { Row: null, Outcome: null })
            return;
        if (!step.Ran)
        {
            _found.AddOrUpdate(step.Name, step, (_, before) => step with { Row = step.Row ?? before.Row, Outcome = step.Outcome ?? before.Outcome });
            return;
        }
        _found.TryRemove(step.Name, out _);
        index.RememberSteps(workspace, [step]);
    }

    /// <summary>Writes what is not written yet.</summary>
    public void Flush()
    {
        if (!_found.IsEmpty)
            index.RememberSteps(workspace, _found.Values);
        _found.Clear();
    }
}
