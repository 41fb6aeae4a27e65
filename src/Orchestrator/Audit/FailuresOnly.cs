using System.Collections.Immutable;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reuse;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>Follows a pass whose steps are news only when they fail: a warning was shown when the code was first compiled.</summary>
internal sealed class FailuresOnly(IPassObserver observer) : IPassObserver
{
    /// <summary>The objects, as <c>probe/variant</c>, that the pass could not make.</summary>
    public ImmutableArray<string> NotBuilt { get; private set; } = [];

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
        if (report.Succeeded)
            return;
        NotBuilt = [.. report.Steps.Where(s => s.Id.Stage == Stage.Codegen && s.State != StepState.Done).Select(s => s.Id.Subject)];
        observer.Summary(report);
    }
}
