using System.CommandLine;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr explain</c>: what each step of a probe was in the last pass, why it last ran, and what a build would do now.</summary>
internal sealed class ExplainCommand
{
    private readonly Argument<string> _probe = new("probe") { Description = "The probe." };
    private readonly Option<string[]> _variants = new("--variant") { Description = "Only these variants, separated by commas.", HelpName = "name" };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly CommonOptions _common;

    public ExplainCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("explain", "Say of each step of a probe what it was in the last pass, why it last ran, and what a build would do now.") { _probe, _variants, _json }.WithExamples(
            ("bpfincr explain xdp-parse", "every step, with what differed"),
            ("bpfincr explain xdp-parse --variant modern --json", "the same of one variant, for a program"));
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = new Output();
        using var session = _common.Open(parsed, output, out var failure, readOnly: true);
        if (session is null)
            return (int)failure;
        await using var programs = new InstalledPrograms(Session.Program, readOnly: true);
        var request = new PassRequest([parsed.GetValue(_probe)!], [.. parsed.GetValue(_variants) ?? []], 1, KeepGoing: false);
        using var reporter = new PassReporter(output, new ReportDetail(Verbose: false, Explain: false));
        var upToDate = new Build(session, request with { Probes = [], Variants = [] }, programs).Compare().IsNone;
        (var explanation, failure) = await new Inquiry(session, request, programs).ExplainAsync(upToDate, reporter, cancellation);
        if (explanation is null)
            return (int)failure;
        if (parsed.GetValue(_json))
            output.Line(ExplanationJson.Of(explanation));
        else
            ExplanationText.Write(output, explanation);
        return (int)ExitCode.Success;
    }
}
