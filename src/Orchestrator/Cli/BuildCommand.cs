using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr build</c>: brings every object that is asked for up to date.</summary>
internal sealed class BuildCommand
{
    private readonly Argument<string[]> _probes = new("probe") { Description = "Build only these probes.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _variants = new("--variant") { Description = "Build only these variants.", HelpName = "name", AllowMultipleArgumentsPerToken = false };
    private readonly Option<int> _jobs = new("--jobs", "-j") { Description = "How many tools run at once.", HelpName = "n", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<bool> _keepGoing = new("--keep-going", "-k") { Description = "Go on with other probes after one has failed." };
    private readonly Option<bool> _dryRun = new("--dry-run", "-n") { Description = "Say what would run, and run nothing." };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "List every step, also those that did not run." };
    private readonly Option<bool> _explain = new("--explain") { Description = "Say why each step ran: what differs from the last build." };
    private readonly CommonOptions _common;

    public BuildCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("build", "Build BPF objects of the probes into target/bpf/VARIANT/PROBE.o; run only what changed.")
        {
            _probes, _variants, _jobs, _keepGoing, _dryRun, _verbose, _explain,
        }.WithExamples(
            ("bpfincr build", "every probe in every variant"),
            ("bpfincr build xdp-parse --variant modern --explain", "one object, and why it was built"),
            ("bpfincr build --dry-run", "what would run"));
        _jobs.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[^1].Value, CultureInfo.InvariantCulture, out var jobs) && jobs > 0))
                result.AddError("--jobs must be a number above 0");
        });
        _probes.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } unknown)
                result.AddError($"there is no option {unknown.Value}");
        });
        Command.SetAction((parsed, cancellation) => RunAsync(parsed, cancellation));
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var output = new Output();
        var request = new PassRequest(
            [.. parsed.GetValue(_probes)!], [.. parsed.GetValue(_variants) ?? []], parsed.GetValue(_jobs), parsed.GetValue(_keepGoing));
        var detail = new ReportDetail(parsed.GetValue(_verbose), parsed.GetValue(_explain));
        using var session = Session.Open(parsed.GetValue(_common.Config), parsed.GetValue(_common.CacheDirectory), output, out var failure);
        if (session is null)
            return (int)failure;
        try
        {
            var build = new Build(session, request);
            var change = detail.Verbose ? WorldChange.Unknown : build.Compare();
            if (change.IsNone)
            {
                output.Line(parsed.GetValue(_dryRun) ? PredictionText.Nothing : PassReporter.UpToDate(change.Objects, clock.Elapsed));
                return (int)ExitCode.Success;
            }
            using var reporter = new PassReporter(output, detail);
            return (int)(parsed.GetValue(_dryRun)
                ? await build.PredictAsync(change, reporter, cancellation)
                : await build.RunAsync(change, reporter, cancellation));
        }
        catch (OperationCanceledException)
        {
            output.Line("stopped; what was finished is kept");
            return (int)ExitCode.Cancelled;
        }
    }
}
