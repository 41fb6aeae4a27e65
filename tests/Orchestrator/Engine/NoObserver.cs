using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reuse;

namespace BpfIncr.Orchestrator.Tests.Engine;

/// <summary>Is told of a pass and does nothing with it.</summary>
internal sealed class NoObserver : IPassObserver
{
    public void Begins(int steps)
    {
    }

    public void Started(StepId step)
    {
    }

    public void Finished(Step step)
    {
    }

    public void Finished(CrateOutcome crate)
    {
    }

    public void Progress(string line)
    {
    }

    public void Summary(Report report)
    {
    }
}
