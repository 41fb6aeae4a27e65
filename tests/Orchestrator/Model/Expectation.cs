using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>What one build has to do, taken down before it, and compared with what it did.</summary>
/// <param name="clone">Where it runs.</param>
/// <param name="memory">What the cache holds.</param>
/// <param name="steps">Every step of a clean build; null when the workspace is wrong.</param>
/// <param name="settings">The configuration.</param>
/// <param name="request">What is asked for.</param>
/// <param name="fail">Told what is not as it has to be.</param>
internal sealed class Expectation(
    ModelClone clone, MemoryBuild memory, List<ModelStep>? steps, Settings? settings, PassRequest request, Action<string> fail)
{
    private readonly List<ModelStep> _selected = [.. (steps ?? []).Where(s => IsSelected(s, settings!, request))];
    private readonly SortedDictionary<string, string> _before = new(clone.Objects, StringComparer.Ordinal);

    private bool Fails => _selected.Any(s => s.Outputs is null);

    private static bool IsSelected(ModelStep step, Settings settings, PassRequest request) =>
        (request.Probes.IsEmpty || request.Probes.Contains(step.Id.Probe))
        && (request.Variants.IsEmpty || (step.Id.Variant.Length == 0 ? settings.VariantsOf(step.Id.Probe).Any(request.Variants.Contains) : request.Variants.Contains(step.Id.Variant)));

    /// <summary>Compares a build that nothing disturbed.</summary>
    public void Check(ExitCode? exit, ModelObserver observer)
    {
        var finished = observer.Finished();
        if (steps is null)
        {
            Assert(exit == ExitCode.Usage && finished.IsEmpty, $"a wrong workspace gave {exit} and {finished.Length} steps");
            AssertObjects([]);
            return;
        }
        Assert(exit == (Fails ? ExitCode.Failed : ExitCode.Success), $"the exit code is {exit}; {string.Join(", ", observer.Diagnostics)}");
        var ran = finished.Where(s => s.Ran).Select(s => s.Id).ToHashSet();
        AssertNothingKnownRan(ran);
        // A build that stops at the first failure leaves out what it likes.
        var isComplete = request.KeepGoing || !Fails;
        if (isComplete)
            foreach (var step in _selected.Where(s => memory[s] == Knowledge.Unknown))
                Assert(_selected.Any(s => s.Key == step.Key && ran.Contains(s.Id)), $"{step.Id} did not run, and nothing is known of it");
        foreach (var step in finished)
            AssertChange(step);
        // Rows that an old index has brought back are looked at by the next build that has something to do.
        if (observer.HasSummary)
            AssertRemoved(finished);
        Learn(finished);
        Place(isComplete);
    }

    /// <summary>Compares a build that was cancelled or killed: whatever it finished is right and is kept.</summary>
    public void CheckStopped(ExitCode? exit, ModelObserver observer)
    {
        Assert(exit is null, $"a cancelled build ended with {exit}");
        var finished = observer.Finished();
        AssertNothingKnownRan(finished.Where(s => s.Ran).Select(s => s.Id).ToHashSet());
        foreach (var step in finished)
            AssertChange(step);
        Learn(finished);
        Place(isComplete: false);
    }

    /// <summary>Compares a build during which something was edited: it may have seen the one state or the other.</summary>
    public void CheckAfterEdit(ModelObserver observer, List<ModelStep> after)
    {
        var both = _selected.Concat(after.Where(s => IsSelected(s, settings!, request))).ToList();
        foreach (var step in both)
            memory.Suspect(step);
        foreach (var step in observer.Finished().Where(s => s.State == StepState.Done && s.Change != Change.Removed))
            clone.Rows[step.Id] = null;
        foreach (var gone in observer.Finished().Where(s => s.Change == Change.Removed))
            Remove(gone.Id);
        AssertObjects(both.Where(s => s is { Id.Stage: Stage.Codegen, Outputs: not null }).Select(s => (ModelClone.ObjectName(s.Id), s.Outputs![0])));
    }

    private void AssertNothingKnownRan(HashSet<StepId> ran)
    {
        foreach (var id in ran)
        {
            var step = _selected.Find(s => s.Id == id);
            Assert(step is not null, $"{id} ran, and there is no such step");
            Assert(memory[step!] != Knowledge.Known, $"{id} ran although its result is known");
        }
    }

    // The decision table, once more.
    private void AssertChange(Step step)
    {
        if (step.State != StepState.Done || step.Change == Change.Removed || _selected.Find(s => s.Id == step.Id) is not { Outputs: not null } model)
            return;
        var hadRow = clone.Rows.TryGetValue(step.Id, out var row);
        if (hadRow && row is null)
            return;
        var (sameKey, sameOutput) = (row?.Key == model.Key, hadRow && row!.Outputs!.SequenceEqual(model.Outputs));
        var change = !hadRow ? Change.New : sameKey && !step.Ran ? Change.Cached : sameOutput ? Change.Unchanged : Change.Modified;
        var source = step.Ran ? Source.Executed : hadRow && sameKey ? Source.Memory : Source.ActionCache;
        Assert((step.Change, step.Source) == (change, source), $"{step.Id} is {step.Change}/{step.Source}, not {change}/{source}");
    }

    private void AssertRemoved(IEnumerable<Step> finished)
    {
        var probes = steps!.Select(s => s.Id.Probe).ToHashSet();
        var gone = clone.Rows.Keys.Where(id => !probes.Contains(id.Probe) || (id.Variant.Length > 0 && !settings!.VariantsOf(id.Probe).Contains(id.Variant))).ToHashSet();
        var reported = finished.Where(s => s.Change == Change.Removed).Select(s => s.Id).ToHashSet();
        Assert(gone.SetEquals(reported), $"removed are {string.Join(", ", reported)}, not {string.Join(", ", gone)}");
        foreach (var id in gone)
            Remove(id);
    }

    private void Remove(StepId id)
    {
        clone.Rows.Remove(id);
        if (id.Stage != Stage.Codegen)
            return;
        clone.Objects.Remove(ModelClone.ObjectName(id));
        _before.Remove(ModelClone.ObjectName(id));
    }

    private void Learn(IEnumerable<Step> finished)
    {
        foreach (var step in finished.Where(s => s.State == StepState.Done && s.Change != Change.Removed))
            if (_selected.Find(s => s.Id == step.Id) is { } model)
            {
                clone.Rows[step.Id] = model;
                memory.Learn(model, step.Ran);
            }
    }

    private void Place(bool isComplete)
    {
        var now = _selected.Where(s => s is { Id.Stage: Stage.Codegen, Outputs: not null }).Select(s => (Name: ModelClone.ObjectName(s.Id), Content: s.Outputs![0])).ToList();
        if (isComplete)
            foreach (var (name, content) in now)
                _before[name] = content;
        AssertObjects(now);
    }

    // Every object is what it was, or one of these; afterwards it is what it is.
    private void AssertObjects(IEnumerable<(string Name, string Content)> allowed)
    {
        var actual = clone.ObjectsOnDisk();
        var others = allowed.ToLookup(a => a.Name, a => a.Content);
        foreach (var (name, content) in actual)
            Assert(others[name].Append(_before.GetValueOrDefault(name)).Contains(content), $"{name} is wrong:\n{content}");
        foreach (var name in _before.Keys)
            Assert(actual.ContainsKey(name), $"{name} is missing");
        clone.Objects.Clear();
        foreach (var (name, content) in actual)
            clone.Objects[name] = content;
    }

    private void Assert(bool condition, string what)
    {
        if (!condition)
            fail(what);
    }
}
