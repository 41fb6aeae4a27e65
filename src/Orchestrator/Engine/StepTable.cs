using System.Collections.Concurrent;
using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// The steps of one pass as they end. Every outcome goes through here, and nowhere else: it is compared with the
/// previous pass, given its name by <see cref="Decision"/>, remembered in the index and told to the observer.
/// </summary>
internal sealed class StepTable(
    string workspace,
    ImmutableDictionary<StepId, RememberedStep> previous,
    PassTools tools,
    IPassObserver observer,
    RustcActions? actions = null,
    RealPlaces? places = null)
{
    private readonly ConcurrentDictionary<StepId, Step> _steps = new();
    private readonly ConcurrentDictionary<StepId, RememberedStep> _rows = new(previous);
    private readonly StepJournal _journal = new(workspace, tools.Index);

    /// <summary>Why steps are not what they were.</summary>
    public StepReasons Reasons { get; } = new(previous, tools, actions);

    /// <summary>Every step that has ended.</summary>
    public IEnumerable<Step> Steps => _steps.Values;

    /// <summary>Whether a step has ended.</summary>
    public bool Has(StepId id) => _steps.ContainsKey(id);

    /// <summary>The rows of the next driver.</summary>
    public ImmutableDictionary<StepId, RememberedStep> ToRows() => _rows.ToImmutableDictionary();

    /// <summary>Remembers what is not remembered yet.</summary>
    public void Save() => _journal.Flush();

    /// <summary>A step has its output.</summary>
    /// <param name="id">The step.</param>
    /// <param name="result">What it gave.</param>
    /// <param name="executed">Whether it ran; else the action cache had it.</param>
    /// <param name="elapsed">How long it ran.</param>
    /// <param name="tier">The shared tier that had it; null when it was here.</param>
    public void Done(StepId id, StepResult result, bool executed, TimeSpan elapsed, string? tier = null)
    {
        var hadRow = previous.TryGetValue(id, out var row);
        var (change, source) = Decision.Of(hadRow, row.Key == result.Action.Key, row.Identity == result.Identity, executed);
        var now = new RememberedStep(result.Action.Key, result.Identity);
        _rows[id] = now;
        var reasons = source == Source.Memory ? [] : Reasons.Of(id, result.Action, found: !executed);
        // Warnings that were shown when the previous pass had this very step are not news.
        var diagnostics = source == Source.Memory ? [] : result.Diagnostics.Select(DiagnosticStorage.Load).ToImmutableArray();
        var step = new Step(id, StepState.Done, change, source, elapsed, reasons, diagnostics)
        {
            Tier = source == Source.ActionCache ? tier : null,
            Saved = source == Source.ActionCache ? result.Elapsed : TimeSpan.Zero,
        };
        Add(step, result.Action.Key, !hadRow || row != now ? now : null);
    }

    /// <summary>A step ran and failed. Its row of the previous pass stays.</summary>
    public void Failed(StepId id, StepAction action, ImmutableArray<Diagnostic> diagnostics, TimeSpan elapsed) => Add(new Step(
        id, StepState.Failed, Change.Modified, Source.None, elapsed, Reasons.Of(id, action, found: false), diagnostics), action.Key);

    /// <summary>A step could not run.</summary>
    public void Skipped(StepId id) => Add(new Step(id, StepState.Skipped, Change.Cached, Source.None, default, [], []));

    /// <summary>The steps of before whose probe or variant is not there any more.</summary>
    public IReadOnlyList<StepId> Gone(Snapshot snapshot)
    {
        var variants = snapshot.Probes.ToDictionary(p => p.Name, p => snapshot.Settings.VariantsOf(p.Name).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        return [.. _rows.Keys.Where(id => !variants.TryGetValue(id.Probe, out var own) || (id.Variant.Length > 0 && !own.Contains(id.Variant)))];
    }

    /// <summary>Steps of the previous pass that no longer exist are removed.</summary>
    public void Remove(IEnumerable<StepId> gone)
    {
        var ids = gone.Where(id => _rows.TryRemove(id, out _)).ToList();
        tools.Index.ForgetSteps(workspace, ids.Select(id => id.IndexName));
        foreach (var id in ids)
            Add(new Step(id, StepState.Done, Change.Removed, Source.None, default, [], []));
    }

    private void Add(Step step, Digest? key = null, RememberedStep? row = null)
    {
        step = places is null ? step : step with { Diagnostics = places.Of(step.Id.Probe, step.Diagnostics) };
        // A probe may go through its steps again after a blob was lost. That a step ran stays true.
        var isKnown = _steps.TryGetValue(step.Id, out var before) && before.Ran && !step.Ran;
        // What was only repeated keeps the outcome of when it last was something else.
        var outcome = isKnown || step.Source == Source.Memory || step.Change == Change.Removed ? null : OutcomeOf(step, key).Encode();
        _journal.Add(new EndedStep(step.Id.IndexName, row, step.Ran, outcome));
        if (isKnown)
            return;
        _steps[step.Id] = step;
        observer.Finished(step);
    }

    private StepOutcome OutcomeOf(Step step, Digest? key) => new(
        tools.Began, step.State, step.Change, step.Source, step.Elapsed.TotalMilliseconds, key?.Hash, step.Reasons,
        [.. step.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => $"{d.Id}: {d.Headline}")])
    {
        Tier = step.Tier,
    };
}
