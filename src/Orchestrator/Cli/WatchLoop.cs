using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Watch;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>
/// Compares the world with the last good pass, runs a pass when they differ, and waits for a hint that they may differ
/// again. A change during a pass stops that pass; the steps that it had finished are found by the next one. A pass that
/// failed is not repeated until something is different.
/// </summary>
/// <param name="directory">The directory of the <c>bpfincr.json</c>.</param>
/// <param name="cache">The cache directory.</param>
/// <param name="build">Compares and builds.</param>
/// <param name="output">Where to say it.</param>
/// <param name="detail">How much to say.</param>
/// <param name="signal">The hints.</param>
internal sealed class WatchLoop(string directory, string cache, Build build, Output output, ReportDetail detail, ChangeSignal signal)
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly WatchedPaths _watched = new(directory, cache);
    private readonly StandingFailures _failures = new();

    // What events named since all was well, as it was then.
    private readonly Dictionary<string, Digest> _named = new(StringComparer.Ordinal);
    private bool _hasNews;

    /// <summary>Watches until it is cancelled.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        // Nothing to do is worth a line at the beginning, and after a failure, or a pass that was stopped, that was taken back.
        var isWorthALine = true;
        WorldChange? failed = null;
        var rest = TimeSpan.Zero;
        while (true)
        {
            // Listened to before it is looked at: what changes in between is heard.
            Listen(failed is not null);
            var change = build.Compare();
            if (change.IsNone)
            {
                if (isWorthALine)
                    output.Line($"{Now()} {ChangeText.Of(CauseOf(change, failed), directory)}{PassReporter.UpToDate(change.Objects, build.Elapsed)}");
                (isWorthALine, failed) = (false, null);
                // What was not listened to may have changed since it was looked at.
                if (Settle())
                    continue;
            }
            else if (failed is null || _hasNews || !IsSame(change, failed) || change.Paths.Any(IsDeletedObject))
            {
                _hasNews = false;
                var isGood = await PassAsync(change, CauseOf(change, failed), cancellation);
                (isWorthALine, failed) = (isGood != true, isGood == false ? change : null);
                // A checkout of thousands of files is not helped by a pass for each few of them.
                rest = isGood is not null ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Clamp(rest.TotalMilliseconds * 2, 20, LongestRest.TotalMilliseconds));
                await Task.Delay(rest, cancellation);
                continue;
            }
            await HintAsync(cancellation);
        }
    }

    // Says whether there is something to listen to that was not listened to before.
    private bool Listen(bool toEverything)
    {
        var before = _watched.Directories.Count;
        build.AddTo(_watched);
        signal.Watch(_watched.Directories);
        // What failed may have been about to read files that nobody knows of yet.
        if (toEverything)
            signal.WatchTree(directory);
        return _watched.Directories.Count > before;
    }

    private bool Settle()
    {
        _failures.Clear();
        _named.Clear();
        _hasNews = false;
        build.Prepare();
        return Listen(toEverything: false);
    }

    private async Task HintAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var hints = await signal.WaitAsync(cancellation);
            TakeNote(hints);
            if (_hasNews || hints.Concern(_watched.Matters))
                return;
        }
    }

    // Runs a pass, and stops it when what it was started for is no longer what is there. Null when it was stopped.
    private async Task<bool?> PassAsync(WorldChange change, WorldChange cause, CancellationToken cancellation)
    {
        output.Forget();
        var heading = $"{Now()} {ChangeText.Of(cause, directory)}";
        using var reporter = new PassReporter(output, detail, _failures, heading, TimeProvider.System);
        using var pass = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var listening = new CancellationTokenSource();
        var watching = StopWhenChangedAsync(pass, change, listening.Token);
        try
        {
            var code = await build.RunAsync(change, reporter, pass.Token);
            // What is wrong with the configuration has been said; no step was asked for that could report it.
            if (code == ExitCode.Usage)
                output.Line($"{heading}nothing was built");
            return code == ExitCode.Success;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            output.Line($"{Now()} something changed meanwhile: starting over");
            return null;
        }
        finally
        {
            await listening.CancelAsync();
            await watching;
        }
    }

    private async Task StopWhenChangedAsync(CancellationTokenSource pass, WorldChange change, CancellationToken cancellation)
    {
        try
        {
            ChangeHints hints;
            do
            {
                hints = await signal.WaitAsync(cancellation);
                TakeNote(hints);
            }
            while (!hints.Concern(_watched.Matters) || IsSame(build.Look(), change));
            await pass.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The pass ended first.
        }
    }

    // A file that the record does not have may be what a failed pass fails of.
    private void TakeNote(ChangeHints hints)
    {
        _hasNews |= !hints.IsComplete && !build.CanCompare;
        foreach (var path in hints.Paths.Where(p => _watched.MayMatter(p) && !_watched.IsOutput(p)))
        {
            var now = FileTable.ReadFile(path).Digest;
            _hasNews |= !_named.TryGetValue(path, out var before) || before != now;
            _named[path] = now;
        }
    }

    // What was different when a pass failed is so still: what matters is what was edited, or taken back, since.
    private WorldChange CauseOf(WorldChange change, WorldChange? failed)
    {
        if (failed is null)
            return change;
        var news = change.Changed.ToHashSet();
        news.SymmetricExceptWith(failed.Changed);
        news.RemoveWhere(c => _watched.IsOutput(c.Path) && !IsDeletedObject(c.Path));
        return news.Count == 0 ? change : change with { Changed = [.. news.DistinctBy(c => c.Path)] };
    }

    // One that a failed pass could not make, or put there, is missing for another reason.
    private bool IsDeletedObject(string path) => build.WasPlaced(path) && !File.Exists(path);

    // Objects are what a pass itself changes.
    private bool IsSame(WorldChange one, WorldChange other) =>
        one.IsUnknown == other.IsUnknown
        && one.Changed.Where(c => !_watched.IsOutput(c.Path)).SequenceEqual(other.Changed.Where(c => !_watched.IsOutput(c.Path)));

    private static string Now() => $"{DateTime.Now:HH:mm:ss}";
}
