using System.CommandLine;
using System.Diagnostics;
using BpfIncr.Orchestrator.Audit;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr audit</c>: builds probes again from nothing, and says which give something else.</summary>
internal sealed class AuditCommand
{
    private readonly Argument<string[]> _probes = new("probe") { Description = "Audit only these probes, separated by blanks or commas.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _variants = new("--variant") { Description = "Audit only these variants, separated by commas.", HelpName = "name" };
    private readonly Option<int> _jobs = new("--jobs", "-j") { Description = "How many tools run at once.", HelpName = "n", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<bool> _hermetic = new("--hermetic") { Description = "Trace which files are read meanwhile, and name those that no key knows; needs strace." };
    private readonly Option<int> _lines = new("--lines") { Description = "How many lines are shown of each difference, and how many paths of each crate.", HelpName = "n", DefaultValueFactory = _ => 40 };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly CommonOptions _common;

    public AuditCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("audit", "Build probes again from nothing, in a copy of the sources, and compare every step with what the cache has of it; exit code 1 when something differs.")
        {
            _probes, _variants, _jobs, _hermetic, _lines, _json,
        }.WithExamples(
            ("bpfincr audit", "every probe"),
            ("bpfincr audit xdp-parse --hermetic", "one probe, and which files are read behind the cache's back"),
            ("bpfincr audit --shared-cache /mnt/ci:ro --json", "against what other machines have built, for a program"));
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var output = new Output();
        var isHermetic = parsed.GetValue(_hermetic);
        using var session = _common.Open(parsed, output, out var failure, readOnly: true);
        if (session is null)
            return (int)failure;
        if (isHermetic && TracedPrograms.Trouble() is { } trouble)
        {
            output.Show(Diagnostic.Error("BPFI1104", $"which files are read cannot be traced here: {trouble}", "on Debian: apt-get install strace; in a container, tracing may have to be allowed"));
            return (int)ExitCode.Environment;
        }
        var request = new PassRequest(BuildOptions.Names(parsed.GetValue(_probes)), BuildOptions.Names(parsed.GetValue(_variants)), parsed.GetValue(_jobs), KeepGoing: true);
        await using var looking = new InstalledPrograms(Session.Program, readOnly: true);
        var look = new FreshLook(session, request, looking);
        var (snapshot, files) = look.Take(null, out failure);
        if (snapshot is null)
            return (int)failure;
        var audit = new WorkspaceAudit(snapshot, look.Tools(snapshot, files), request);
        if (await audit.RecallAsync(cancellation) is { } missing)
        {
            output.Show(Inquiry.NotBuilt(missing));
            return (int)ExitCode.Failed;
        }
        try
        {
            using var copy = audit.CopySources();
            await using var programs = new InstalledPrograms(Session.Program);
            var trace = isHermetic ? new TracedPrograms(programs, copy.NewDirectory("traces")) : null;
            using var reporter = new PassReporter(output, new ReportDetail(Verbose: false, Explain: false, Brief: true));
            var (report, errors) = await audit.RunAsync(copy, programs, trace, parsed.GetValue(_lines), new FailuresOnly(reporter), cancellation);
            reporter.Dispose();
            output.Show(errors);
            if (report is null)
                return (int)ExitCode.Failed;
            if (parsed.GetValue(_json))
                output.Line(AuditJson.Of(report));
            else
                AuditText.Write(output, report, parsed.GetValue(_lines), clock.Elapsed);
            return (int)(report.IsClean ? ExitCode.Success : ExitCode.Failed);
        }
        catch (OperationCanceledException)
        {
            output.Line("stopped");
            return (int)ExitCode.Cancelled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Show(Diagnostic.Error("BPFI1105", $"the sources cannot be built in another place: {e.Message}", "$TMPDIR names a directory with space for a copy of the sources and what is built of them"));
            return (int)ExitCode.Environment;
        }
    }
}
