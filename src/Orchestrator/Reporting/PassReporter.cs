using System.Collections.Concurrent;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reuse;
using Spectre.Console;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>How much is said about a pass.</summary>
/// <param name="Verbose">Every step, not only those that ran.</param>
/// <param name="Explain">Why each step that was not simply cached was asked for.</param>
/// <param name="Brief">No steps, unless the others ask for them: a live table shows them while they run.</param>
internal sealed record ReportDetail(bool Verbose, bool Explain, bool Brief = false);

/// <summary>
/// Shows a pass while it runs and when it has ended. On a terminal a table at the bottom says what is running; each step
/// that ran is a line. Warnings and errors appear when their step ends.
/// </summary>
/// <param name="output">Where to.</param>
/// <param name="detail">How much.</param>
/// <param name="failures">What failed in earlier passes; what fails in this one is added.</param>
/// <param name="heading">What the last line begins with.</param>
/// <param name="clock">Tells which waits last.</param>
internal sealed class PassReporter(Output output, ReportDetail detail, StandingFailures failures, string heading, TimeProvider clock) : IPassObserver, IDisposable
{
    private readonly LiveTable? _table = output.IsInteractive ? new LiveTable(output, failures) : null;
    private readonly ConcurrentBag<CrateOutcome> _crates = [];
    private readonly LastingWait _wait = new(clock, line => output.Raw($"cargo: {line}\n"));

    public PassReporter(Output output, ReportDetail detail)
        : this(output, detail, new StandingFailures(), "", TimeProvider.System)
    {
    }

    /// <inheritdoc/>
    public void Begins(int steps) => _table?.Expect(steps);

    /// <inheritdoc/>
    public void Started(StepId step) => _table?.Add(step);

    /// <inheritdoc/>
    public void Finished(Step step)
    {
        _wait.End();
        _table?.Remove(step);
        failures.Add(step);
        var explained = detail.Explain && step is { State: not StepState.Skipped, Source: not Source.Memory };
        var isNews = (step.Ran || step.Change == Change.Removed) && !detail.Brief;
        // One piece: steps end on many threads, and a reason belongs under its own step.
        if (isNews || detail.Verbose || explained)
            output.Line(StepText.WithReasons(StepText.Of(step), explained ? step.Reasons : []));
        foreach (var diagnostic in step.Diagnostics)
            output.Show(diagnostic, step.Id.Subject);
    }

    /// <inheritdoc/>
    public void Finished(CrateOutcome crate)
    {
        _wait.End();
        _crates.Add(crate);
        foreach (var what in crate.Damaged)
            output.Warn(Session.Damaged(what));
        if (detail.Explain)
            output.Line(StepText.WithReasons(StepText.Of(crate), crate.Reasons));
        else if (detail.Verbose)
            output.Line(StepText.Of(crate));
    }

    /// <inheritdoc/>
    public void Progress(string line)
    {
        if (line.StartsWith("Blocking", StringComparison.Ordinal))
            _wait.Begin(line);
        else
            _wait.End();
    }

    /// <inheritdoc/>
    public void Summary(Report report)
    {
        Dispose();
        foreach (var diagnostic in report.Diagnostics)
            output.Show(diagnostic);
        if (report.Succeeded)
            failures.Clear();
        foreach (var line in failures.Lines())
            output.Markup($"[red bold]failed[/]{line["failed".Length..].EscapeMarkup()}");
        output.Markup($"{heading.EscapeMarkup()}{SummaryLine(report)}");
    }

    /// <summary>What a pass that had nothing to do says.</summary>
    public static string UpToDate(int objects, TimeSpan elapsed) =>
        $"{Count(objects, "object")} up to date, nothing ran ({StepText.Time(elapsed)})";

    /// <inheritdoc/>
    public void Dispose()
    {
        _wait.Dispose();
        _table?.Dispose();
    }

    private string SummaryLine(Report report)
    {
        var skipped = report.Steps.Count(s => s.State == StepState.Skipped);
        if (report.Succeeded && !report.Ran.Any() && report.Restored == 0 && report.Steps.All(s => s.Source is Source.Memory))
            return UpToDate(report.Objects, report.Elapsed);
        var ran = report.Ran.GroupBy(s => s.Id.Stage).OrderBy(g => g.Key).Select(g => $"{g.Key.ToString().ToLowerInvariant()} {g.Count()}");
        var counts = string.Join(", ", ran);
        var hits = report.Steps.Count(s => s is { Source: Source.ActionCache, Tier: null });
        var shared = report.Steps.Where(s => s.Tier is not null).GroupBy(s => s.Tier).OrderBy(g => g.Key, StringComparer.Ordinal);
        string[] parts =
        [
            report.Succeeded ? $"{Count(report.Objects, "object")} up to date" : "not everything was built",
            counts.Length == 0 ? "nothing ran" : $"ran {counts}",
            .. report.Restored > 0 ? [$"restored {Count(report.Restored, "object")}"] : Array.Empty<string>(),
            .. hits > 0 ? [$"{hits} from the cache"] : Array.Empty<string>(),
            .. shared.Select(g => $"{g.Count()} from {g.Key}"),
            .. _crates.IsEmpty ? Array.Empty<string>() : [$"crates: {_crates.Count(c => c.Compiled)} compiled, {_crates.Count(c => !c.Compiled)} from the cache"],
            .. skipped > 0 ? [$"{skipped} skipped"] : Array.Empty<string>(),
        ];
        return $"{string.Join("; ", parts).EscapeMarkup()} ({StepText.Time(report.Elapsed)})";
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
