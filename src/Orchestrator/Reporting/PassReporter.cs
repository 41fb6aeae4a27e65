using System.Collections.Concurrent;
using System.Diagnostics;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reuse;
using Spectre.Console;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>How much is said about a pass.</summary>
/// <param name="Verbose">Every step, not only those that ran.</param>
/// <param name="Explain">Why each step that was not simply cached was asked for.</param>
internal sealed record ReportDetail(bool Verbose, bool Explain);

/// <summary>
/// Shows a pass while it runs and when it has ended. On a terminal one line at the bottom says what is running;
/// elsewhere each step that ran is a line. Warnings and errors appear when their step ends.
/// </summary>
internal sealed class PassReporter : IPassObserver, IDisposable
{
    private readonly Output _output;
    private readonly ReportDetail _detail;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<StepId> _running = [];
    private readonly ConcurrentBag<CrateOutcome> _crates = [];
    private readonly Lock _lock = new();
    private readonly Timer? _timer;
    private int _ran;
    private bool _drawn;

    public PassReporter(Output output, ReportDetail detail)
    {
        (_output, _detail) = (output, detail);
        if (!output.IsInteractive)
            return;
        output.Around = print =>
        {
            Erase();
            print();
        };
        _timer = new Timer(_ => Draw(), null, 100, 100);
    }

    /// <inheritdoc/>
    public void Started(StepId step)
    {
        lock (_lock)
            _running.Add(step);
    }

    /// <inheritdoc/>
    public void Finished(Step step)
    {
        lock (_lock)
        {
            _running.Remove(step.Id);
            _ran += step.Ran ? 1 : 0;
        }
        var explained = _detail.Explain && step is { State: not StepState.Skipped, Source: not Source.Memory };
        // One piece: steps end on many threads, and a reason belongs under its own step.
        if (step.Ran || _detail.Verbose || explained || step.Change == Change.Removed)
            _output.Line(StepText.WithReasons(StepText.Of(step), explained ? step.Reasons : []));
        foreach (var diagnostic in step.Diagnostics)
            _output.Show(diagnostic.File is null && diagnostic.Detail is null
                ? diagnostic with { Message = $"{step.Id.Subject}: {diagnostic.Message}" }
                : diagnostic);
    }

    /// <inheritdoc/>
    public void Finished(CrateOutcome crate)
    {
        _crates.Add(crate);
        foreach (var what in crate.Damaged)
            _output.Warn(Session.Damaged(what));
        if (_detail.Explain)
            _output.Line(StepText.WithReasons(StepText.Of(crate), crate.Reasons));
        else if (_detail.Verbose)
            _output.Line(StepText.Of(crate));
    }

    /// <inheritdoc/>
    public void Progress(string line)
    {
        if (line.StartsWith("Blocking", StringComparison.Ordinal))
            _output.Line($"cargo: {line}");
    }

    /// <inheritdoc/>
    public void Summary(Report report)
    {
        Dispose();
        foreach (var diagnostic in report.Diagnostics)
            _output.Show(diagnostic);
        var failed = report.Steps.Where(s => s.State == StepState.Failed).ToList();
        if (failed.Count > 0)
            _output.Markup($"[red bold]failed[/]: {Some(failed.Select(s => s.Id.ToString()).ToList()).EscapeMarkup()}");
        _output.Markup(SummaryLine(report));
    }

    /// <summary>What a pass that had nothing to do says.</summary>
    public static string UpToDate(int objects, TimeSpan elapsed) =>
        $"{Count(objects, "object")} up to date, nothing ran ({StepText.Time(elapsed)})";

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
            _running.Clear();
        Erase();
        _output.Around = null;
    }

    private string SummaryLine(Report report)
    {
        var skipped = report.Steps.Count(s => s.State == StepState.Skipped);
        if (report.Succeeded && !report.Ran.Any() && report.Restored == 0 && report.Steps.All(s => s.Source is Source.Memory))
            return UpToDate(report.Objects, report.Elapsed);
        var ran = report.Ran.GroupBy(s => s.Id.Stage).OrderBy(g => g.Key).Select(g => $"{g.Key.ToString().ToLowerInvariant()} {g.Count()}");
        var counts = string.Join(", ", ran);
        var hits = report.Steps.Count(s => s.Source == Source.ActionCache);
        string[] parts =
        [
            report.Succeeded ? $"{Count(report.Objects, "object")} up to date" : "not everything was built",
            counts.Length == 0 ? "nothing ran" : $"ran {counts}",
            .. report.Restored > 0 ? [$"restored {Count(report.Restored, "object")}"] : Array.Empty<string>(),
            .. _crates.IsEmpty ? Array.Empty<string>() : [$"crates: {_crates.Count(c => c.Compiled)} compiled, {_crates.Count(c => !c.Compiled)} from the cache"],
            .. hits > 0 ? [$"{hits} from the cache"] : Array.Empty<string>(),
            .. skipped > 0 ? [$"{skipped} skipped"] : Array.Empty<string>(),
        ];
        return $"{string.Join("; ", parts).EscapeMarkup()} ({StepText.Time(report.Elapsed)})";
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";

    // A broken shared crate can fail hundreds of probes; their names are in the lines above.
    private static string Some(List<string> names) =>
        names.Count <= 4 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";

    private void Draw()
    {
        lock (_lock)
        {
            if (_running.Count == 0)
                return;
            Erase();
            var line = $"[{StepText.Time(_clock.Elapsed)}] {_ran} ran, running {Some([.. _running.Select(s => s.ToString())])}";
            System.Console.Error.Write(line[..Math.Min(line.Length, Math.Max(20, System.Console.WindowWidth - 1))]);
            _drawn = true;
        }
    }

    private void Erase()
    {
        if (!_drawn)
            return;
        System.Console.Error.Write("\r\x1b[2K");
        _drawn = false;
    }
}
