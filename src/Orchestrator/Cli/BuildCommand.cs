using System.CommandLine;
using System.Diagnostics;
using System.Runtime;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr build</c>: brings every object that is asked for up to date.</summary>
internal sealed class BuildCommand
{
    private readonly BuildOptions _options = new();
    private readonly Option<bool> _keepGoing = new("--keep-going", "-k") { Description = "Go on with other probes after one has failed." };
    private readonly Option<bool> _dryRun = new("--dry-run", "-n") { Description = "Say what would run, and run nothing." };
    private readonly Option<bool> _json = new("--json") { Description = "With --dry-run: print the prediction as JSON." };
    private readonly Option<string?> _affected = new("--affected") { Description = "Build only probes whose objects can differ from those of this git revision.", HelpName = "revision" };
    private readonly Option<bool> _sharedRequired = new("--shared-required") { Description = "Fail when a shared cache cannot be used or written." };
    private readonly CommonOptions _common;

    public BuildCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("build", "Build BPF objects of the probes into target/bpf/VARIANT/PROBE.o; run only what changed.").WithExamples(
            ("bpfincr build", "every probe in every variant"),
            ("bpfincr build xdp-parse --variant modern --explain", "one object, and why it was built"),
            ("bpfincr build --affected origin/main", "what a branch can change"),
            ("bpfincr build --shared-cache /mnt/ci:ro", "take what other machines have built, and write nothing there"),
            ("bpfincr build --dry-run", "what would run"),
            ("bpfincr build --dry-run --json", "the same, for a program"));
        _options.AddTo(Command);
        Command.Options.Add(_keepGoing);
        Command.Options.Add(_dryRun);
        Command.Options.Add(_json);
        _json.Validators.Add(result =>
        {
            if (result.GetValue(_json) && !result.GetValue(_dryRun))
                result.AddError("--json needs --dry-run");
        });
        Command.Options.Add(_affected);
        Command.Options.Add(_sharedRequired);
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    // Bytes that may be allocated before the first collection, where there are many more.
    private const long SmallBuild = 64L << 20, PlentyOfMemory = 16 * SmallBuild;

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        // The look at what has changed is over before a collection would pay: each takes longer than the program to start.
        GCSettings.LatencyMode = GCLatencyMode.LowLatency;
        var clock = Stopwatch.StartNew();
        var output = new Output();
        var request = _options.Request(parsed) with { KeepGoing = parsed.GetValue(_keepGoing) };
        var detail = _options.Detail(parsed);
        var dryRun = parsed.GetValue(_dryRun);
        using var session = _common.Open(parsed, output, out var failure, readOnly: dryRun, sharedRequired: parsed.GetValue(_sharedRequired));
        if (session is null)
            return (int)failure;
        try
        {
            await using var programs = new InstalledPrograms(Session.Program, readOnly: dryRun);
            if (parsed.GetValue(_affected) is { } revision)
            {
                if (new Inquiry(session, request, programs).Affected(revision, out failure) is not { } affected)
                    return (int)failure;
                if (affected.Count == 0)
                {
                    output.Line($"no probe reads anything that changed since {revision}");
                    return (int)ExitCode.Success;
                }
                request = request with { Probes = [.. affected] };
            }
            var build = new Build(session, request, programs);
            var change = detail.Verbose ? WorldChange.Unknown : build.Compare();
            if (change.IsNone && !dryRun)
            {
                output.Line(PassReporter.UpToDate(change.Objects, clock.Elapsed));
                return (int)ExitCode.Success;
            }
            // So is a build of a few probes; one of thousands gets rid of garbage as any program does.
            GCSettings.LatencyMode = GCLatencyMode.Interactive;
            if (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > PlentyOfMemory)
                GC.TryStartNoGCRegion(SmallBuild);
            using var reporter = new PassReporter(output, detail);
            return (int)(dryRun
                ? await PredictAsync(build, change, reporter, output, detail.Verbose, parsed.GetValue(_json), cancellation)
                : await build.RunAsync(change, reporter, cancellation));
        }
        catch (OperationCanceledException)
        {
            output.Line("stopped; what was finished is kept");
            return (int)ExitCode.Cancelled;
        }
    }

    private static async Task<ExitCode> PredictAsync(
        Build build, WorldChange change, IPassObserver observer, Output output, bool verbose, bool json, CancellationToken cancellation)
    {
        var (steps, failure) = change.IsNone ? ([], ExitCode.Success) : await build.PredictAsync(change, observer, cancellation);
        if (steps is not { } predicted)
            return failure;
        if (json)
            output.Line(PredictionJson.Of(predicted));
        else
            PredictionText.Write(output, predicted, verbose);
        return ExitCode.Success;
    }
}
