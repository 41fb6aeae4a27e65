using System.Collections.Immutable;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What one pass did: every step with what happened to it and why. All that is printed about a pass is made from this.</summary>
/// <param name="Steps">Every step, by probe, then in the order of the pipeline.</param>
/// <param name="Diagnostics">Findings that belong to no single step.</param>
/// <param name="Objects">How many objects the selection has.</param>
/// <param name="Inputs">The paths that each probe depends on, sources and objects.</param>
/// <param name="Elapsed">The whole pass.</param>
internal sealed record Report(
    ImmutableArray<Step> Steps,
    ImmutableArray<Diagnostic> Diagnostics,
    int Objects,
    ImmutableDictionary<string, ImmutableSortedSet<string>> Inputs,
    TimeSpan Elapsed)
{
    /// <summary>How many objects were not in the output directory as the previous pass had left them, and were put back.</summary>
    public int Restored { get; init; }

    /// <summary>Whether something changed that the whole pass was based on, so that it takes another one with another snapshot.</summary>
    public bool IsOutdated { get; init; }

    /// <summary>Whether every step has its output.</summary>
    public bool Succeeded =>
        Steps.All(s => s.State == StepState.Done) && Diagnostics.All(d => d.Severity != Severity.Error);

    /// <summary>Steps for which a process did work.</summary>
    public IEnumerable<Step> Ran => Steps.Where(s => s.Ran);
}

/// <summary>Follows a pass while it runs; called from any thread.</summary>
internal interface IPassObserver
{
    /// <summary>The pass is about so many steps.</summary>
    void Begins(int steps);

    /// <summary>A step begins to do work.</summary>
    void Started(StepId step);

    /// <summary>A step ended, whether or not it did work.</summary>
    void Finished(Step step);

    /// <summary>A crate below the probes was compiled, or found in the cache.</summary>
    void Finished(CrateOutcome crate);

    /// <summary>Cargo says what it is doing.</summary>
    void Progress(string line);

    /// <summary>The pass has ended.</summary>
    void Summary(Report report);
}
