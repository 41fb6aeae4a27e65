using System.Diagnostics;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>
/// What a pass is doing at the moment, drawn at the bottom of a terminal and taken back when something else is printed:
/// the steps that are running, those that failed, and how many are done.
/// </summary>
internal sealed class LiveTable : IDisposable
{
    private const int MostRows = 8;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Output _output;
    private readonly StandingFailures _failures;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(StepId Step, TimeSpan Since)> _running = [];
    private readonly HashSet<StepId> _done = [];
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private int _expected;
    private int _ran;
    private int _drawn;

    public LiveTable(Output output, StandingFailures failures)
    {
        (_output, _failures) = (output, failures);
        output.Around = print =>
        {
            lock (_lock)
            {
                Erase();
                print();
            }
        };
        _timer = new Timer(_ => Draw(), null, Interval, Interval);
    }

    /// <summary>Says how many steps there are in all.</summary>
    public void Expect(int steps)
    {
        lock (_lock)
            _expected = steps;
    }

    /// <summary>A step is running.</summary>
    public void Add(StepId step)
    {
        lock (_lock)
            _running.Add((step, _clock.Elapsed));
    }

    /// <summary>A step has ended.</summary>
    public void Remove(Step step)
    {
        lock (_lock)
        {
            _running.RemoveAll(r => r.Step == step.Id);
            _ran += step.Ran && _done.Add(step.Id) ? 1 : 0;
            _done.Add(step.Id);
        }
    }

    /// <summary>Takes everything back.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _output.Around = null;
        lock (_lock)
        {
            _running.Clear();
            Erase();
        }
    }

    private void Draw()
    {
        lock (_lock)
        {
            if (_running.Count == 0)
                return;
            Erase();
            var rows = Rows().ToList();
            var width = Math.Max(20, System.Console.WindowWidth - 1);
            System.Console.Error.Write(string.Concat(rows.Select(r => $"{r[..Math.Min(r.Length, width)]}\n")));
            _drawn = rows.Count;
        }
    }

    // The longest running first: that is what everybody waits for.
    private IEnumerable<string> Rows() =>
    [
        .. Shortened([.. _running.Select(r => $"  {r.Step.StageName,-8} {r.Step.Subject,-28} {StepText.Time(_clock.Elapsed - r.Since)}")]),
        .. Shortened([.. _failures.Lines()]).Select(l => $"  {l}"),
        $"{_done.Count}/{Math.Max(_expected, _done.Count)} steps, {_ran} ran, {StepText.Time(_clock.Elapsed)}",
    ];

    private static IEnumerable<string> Shortened(IReadOnlyList<string> rows) =>
        rows.Count <= MostRows ? rows : [.. rows.Take(MostRows - 1), $"  and {rows.Count - MostRows + 1} more"];

    private void Erase()
    {
        if (_drawn > 0)
            System.Console.Error.Write($"\x1b[{_drawn}A\r\x1b[J");
        _drawn = 0;
    }
}
