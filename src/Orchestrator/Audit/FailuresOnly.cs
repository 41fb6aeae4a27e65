using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reuse;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>Follows a pass whose steps are news only when they fail: a warning was shown when the code was first compiled.</summary>
internal sealed class FailuresOnly(IPassObserver observer) : IPassObserver
{
    /// <inheritdoc/>
    public void Begins(int steps) => observer.Begins(steps);

    /// <inheritdoc/>
    public void Started(StepId step) => observer.Started(step);

    /// <inheritdoc/>
    public void Finished(Step step) => observer.Finished(step.State == StepState.Failed ? step : step with { Diagnostics = [] });

    /// <inheritdoc/>
    public void Finished(CrateOutcome crate)
    {
        // All of them are compiled.
    }

    /// <inheritdoc/>
    public void Progress(string line) => observer.Progress(line);

    /// <inheritdoc/>
    public void Summary(Report report)
    {
        if (!report.Succeeded)
            observer.Summary(report);
    }
}
