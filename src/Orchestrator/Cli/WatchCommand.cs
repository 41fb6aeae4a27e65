using System.CommandLine;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Watch;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>
/// <c>bpfincr watch</c>: builds, and builds again whenever something that matters changes. A change during a pass stops
/// that pass; what it had finished is kept, so that little is lost.
/// </summary>
internal sealed class WatchCommand
{
    private readonly BuildOptions _options = new();
    private readonly CommonOptions _common;

    public WatchCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("watch", "Build, and build again whenever something that matters changes, until Ctrl-C.").WithExamples(
            ("bpfincr watch", "keep every object up to date"),
            ("bpfincr watch xdp-parse --explain", "keep one probe up to date, and say what made it build"));
        _options.AddTo(Command);
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = new Output();
        using var session = Session.Open(parsed.GetValue(_common.Config), parsed.GetValue(_common.CacheDirectory), output, out var failure);
        if (session is null)
            return (int)failure;
        await using var programs = new InstalledPrograms(Session.Program);
        using var signal = new ChangeSignal();
        var build = new Build(session, _options.Request(parsed) with { KeepGoing = true }, programs);
        try
        {
            await LoopAsync(build, output, _options.Detail(parsed), signal, cancellation);
        }
        catch (OperationCanceledException)
        {
            output.Line("stopped");
        }
        return (int)ExitCode.Success;
    }

    private static async Task LoopAsync(
        Build build, Output output, ReportDetail detail, ChangeSignal signal, CancellationToken cancellation)
    {
        // Nothing to do is worth a line at the beginning, and after a failure that was taken back.
        for (var isNews = true; ;)
        {
            // Watched before it is looked at: what changes in between is heard.
            signal.Watch(build.DirectoriesThatMatter());
            var seen = build.Look();
            var change = build.Compare();
            if (change.IsNone)
            {
                if (isNews)
                    output.Line(PassReporter.UpToDate(change.Objects, build.Elapsed));
                isNews = false;
                await signal.WaitAsync(cancellation);
            }
            else if (await PassAsync(build, output, detail, change, seen, signal, cancellation) is not (null or ExitCode.Success))
            {
                isNews = true;
                // What failed is not tried again until something is different.
                signal.Watch(build.DirectoriesThatMatter());
                while (seen.StillHolds())
                    await signal.WaitAsync(cancellation);
                if (seen.IsEmpty)
                    await signal.WaitAsync(cancellation);
            }
        }
    }

    // Runs a pass, and stops it when what it was started for is no longer what is there. Null when it was stopped.
    private static async Task<ExitCode?> PassAsync(
        Build build, Output output, ReportDetail detail, WorldChange change, SeenStamps seen, ChangeSignal signal, CancellationToken cancellation)
    {
        output.Forget();
        using var reporter = new PassReporter(output, detail);
        using var pass = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var listening = new CancellationTokenSource();
        var watching = StopWhenChangedAsync(pass, seen, signal, listening.Token);
        try
        {
            return await build.RunAsync(change, reporter, pass.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            output.Line("something changed meanwhile: starting over");
            return null;
        }
        finally
        {
            await listening.CancelAsync();
            await watching;
        }
    }

    private static async Task StopWhenChangedAsync(
        CancellationTokenSource pass, SeenStamps seen, ChangeSignal signal, CancellationToken cancellation)
    {
        try
        {
            do
                await signal.WaitAsync(cancellation);
            while (seen.IsEmpty || seen.StillHolds());
            await pass.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The pass ended first.
        }
    }
}
