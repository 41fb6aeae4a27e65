using System.CommandLine;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr affected</c>: the probes that changes since a revision can change, one a line, for scripts.</summary>
internal sealed class AffectedCommand
{
    private readonly Argument<string> _revision = new("revision") { Description = "A commit, branch or tag to compare with." };
    private readonly CommonOptions _common;

    public AffectedCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("affected", "Print the probes whose objects can differ from those of a git revision; one that was never built as it is now is among them after any change.") { _revision }.WithExamples(
            ("bpfincr affected HEAD", "probes with changes that are not committed"),
            ("bpfincr affected origin/main", "probes that a branch can change"));
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
        if (new Inquiry(session, new PassRequest([], [], 1, KeepGoing: false), programs).Affected(parsed.GetValue(_revision)!, out failure) is not { } probes)
            return (int)failure;
        foreach (var probe in probes)
            output.Line(probe);
        return (int)ExitCode.Success;
    }
}
