using System.Text.RegularExpressions;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>The steps that failed and have not been mended, in one line for each mistake: where it is and what it is.</summary>
internal sealed partial class StandingFailures
{
    private const string CargosPrefix = "error: ";

    private readonly SortedDictionary<string, (StepId Step, string Mistake)> _steps = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Takes note of how a step ended.</summary>
    public void Add(Step step)
    {
        lock (_lock)
        {
            if (step.State == StepState.Failed)
                _steps[step.Id.IndexName] = (step.Id, step.Diagnostics.FirstOrDefault(d => d.Severity == Severity.Error) is { } error ? Mistake(error) : "");
            else if (step.State == StepState.Done)
                _steps.Remove(step.Id.IndexName);
        }
    }

    /// <summary>Everything is mended.</summary>
    public void Clear()
    {
        lock (_lock)
            _steps.Clear();
    }

    /// <summary>One line for each mistake, however many steps fail of it.</summary>
    public IReadOnlyList<string> Lines()
    {
        lock (_lock)
            return [.. _steps.Values.GroupBy(s => s.Mistake, s => s.Step.ToString()).Select(g => Line([.. g], g.Key))];
    }

    private static string Line(IReadOnlyList<string> steps, string mistake)
    {
        // A broken shared crate can fail hundreds of probes.
        var names = steps.Count <= 4 ? string.Join(", ", steps) : $"{string.Join(", ", steps.Take(3))} and {steps.Count - 3} more";
        return mistake.Length == 0 ? $"failed: {names}" : $"failed: {names}: {mistake}";
    }

    // One call of cargo is for many probes, and what it says of itself is about no single one.
    private static string Mistake(Diagnostic error) =>
        error.Id == "BPFI2011" && CargosError(error.Detail) is { } said ? $"cargo failed: {said}"
        : error.File is null && PlaceIn(error.Detail) is { } place ? $"{place}: {error.Headline}"
        : error.Headline;

    private static string? CargosError(string? detail) => AnsiEscapes.Remove(detail ?? "").Split('\n')
        .FirstOrDefault(l => l.StartsWith(CargosPrefix, StringComparison.Ordinal))?[CargosPrefix.Length..];

    // rustc's rendering: "  --> probes/tc-mark/src/main.rs:34:5".
    private static string? PlaceIn(string? rendered) =>
        rendered is not null && Place().Match(AnsiEscapes.Remove(rendered)) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"^ *--> (.+:\d+:\d+)$", RegexOptions.Multiline)]
    private static partial Regex Place();
}
