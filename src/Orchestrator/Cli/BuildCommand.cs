using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr build</c>: brings every object that is asked for up to date.</summary>
internal sealed class BuildCommand
{
    private static readonly TimeSpan StepTimeout = TimeSpan.FromMinutes(10);

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
        if (!detail.Verbose && UpToDate(session, request) is { } objects)
        {
            output.Line(PassReporter.UpToDate(objects, clock.Elapsed));
            return (int)ExitCode.Success;
        }
        var (settings, error) = SettingsReader.Read(session.ConfigurationPath);
        if (settings is null)
            return Fail(output, error!, ExitCode.Usage);
        try
        {
            return (int)await RunAsync(session, settings, request, detail, parsed.GetValue(_dryRun), cancellation);
        }
        catch (OperationCanceledException)
        {
            output.Line("stopped; what was finished is kept");
            return (int)ExitCode.Cancelled;
        }
    }

    private static async Task<ExitCode> RunAsync(
        Session session, Settings settings, PassRequest request, ReportDetail detail, bool dryRun, CancellationToken cancellation)
    {
        var output = session.Output;
        var files = new FileTable(session.Index, [.. settings.Workspaces, session.Directory]);
        var (snapshot, error) = new SnapshotBuilder(session.Index, files).Build(settings);
        error ??= snapshot is null ? null : CheckSelection(request, snapshot);
        if (error is not null)
            return (ExitCode)Fail(output, error, error.Id == "BPFI1030" ? ExitCode.Environment : ExitCode.Usage);
        await using var workers = new WorkerPool(
            Session.Program[0], [.. Session.Program[1..], "worker"], snapshot!.Toolchain.Toolchain.Llvm, StepTimeout);
        var tools = new PassTools(
            session.Blobs, session.Results, session.Index, files, workers, [.. Session.Program, "capture"]);
        var driver = Driver.Load(session.Directory, session.Index);
        using var reporter = new PassReporter(output, detail);
        if (dryRun)
        {
            PredictionText.Write(output, await driver.PredictAsync(snapshot, request, tools, reporter, cancellation));
            return ExitCode.Success;
        }
        session.Index.RememberPass(session.Directory, RequestName(request), null);
        var (report, _) = await driver.RunAsync(snapshot, request, tools, reporter, cancellation);
        reporter.Summary(report);
        if (!report.Succeeded)
            return ExitCode.BuildFailed;
        RememberUpToDate(session, settings, request, snapshot, files, report);
        return ExitCode.Success;
    }

    private static int? UpToDate(Session session, PassRequest request) =>
        session.Index.Pass(session.Directory, RequestName(request)) is { } record
            ? PassRecord.UpToDate(record, Session.EnvironmentState)
            : null;

    private static void RememberUpToDate(
        Session session, Settings settings, PassRequest request, Snapshot snapshot, FileTable files, Report report)
    {
        // The program is an input too: another one may have other stages.
        foreach (var part in (string[])[Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "bpfincr.dll")])
            files.DigestOf(part);
        string[] variables = [.. ToolchainSelection.Variables, .. settings.Variables, .. snapshot.Actions.ObservedVariables];
        var record = PassRecord.Encode(files, Session.EnvironmentState(variables), variables, report.Objects);
        session.Index.RememberPass(session.Directory, RequestName(request), record);
    }

    private static string RequestName(PassRequest request) =>
        $"{string.Join(',', request.Probes.Order(StringComparer.Ordinal))} {string.Join(',', request.Variants.Order(StringComparer.Ordinal))}";

    private static Diagnostic? CheckSelection(PassRequest request, Snapshot snapshot) =>
        Unknown("probe", request.Probes, snapshot.Probes.Select(p => p.Name))
        ?? Unknown("variant", request.Variants, snapshot.Settings.Variants.Keys);

    private static Diagnostic? Unknown(string what, ImmutableArray<string> wanted, IEnumerable<string> known)
    {
        var names = known.ToList();
        if (wanted.FirstOrDefault(w => !names.Contains(w)) is not { } unknown)
            return null;
        var hint = NearestName.Of(unknown, names) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", names)}";
        return Diagnostic.Error("BPFI1003", $"there is no {what} {unknown}", hint);
    }

    private static int Fail(Output output, Diagnostic error, ExitCode code)
    {
        output.Show(error);
        return (int)code;
    }
}
