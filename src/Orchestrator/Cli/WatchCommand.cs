using System.CommandLine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Watch;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr watch</c>: builds, and builds again whenever something that matters changes.</summary>
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
        using var session = _common.Open(parsed, output, out var failure);
        if (session is null)
            return (int)failure;
        await using var programs = new InstalledPrograms(Session.Program);
        using var signal = new ChangeSignal(why => output.Warn(Diagnostic.Warning(
            "BPFI1080", $"the system does not say what changes: {why}", "files are looked at once a second instead")));
        var build = new Build(session, _options.Request(parsed) with { KeepGoing = true }, programs);
        // Where a table shows the steps while they run, lines about them would only push the last errors away.
        var detail = _options.Detail(parsed) with { Brief = output.IsInteractive };
        try
        {
            await new WatchLoop(session.Directory, session.CacheDirectory, build, output, detail, signal).RunAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            output.Line("stopped");
        }
        return (int)ExitCode.Success;
    }
}
