using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Audit;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Verify;
using BpfIncr.Orchestrator.Verify.Boot;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Verify;
using Diagnostic = BpfIncr.Stages.Diagnostic;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr check</c>: has kernels say whether they take the objects.</summary>
internal sealed class CheckCommand
{
    private const int ShortLog = 12;

    // No BPF object is nearly as large, and all of it is read into memory.
    private const int LargestMegabytes = 64;

    private readonly Argument<string[]> _subjects = new("probe|object") { Description = "Check only these probes, or these files, whoever has made them.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _variants = new("--variant") { Description = "Check only these variants, separated by commas.", HelpName = "name" };
    private readonly Option<string[]> _boot = new("--boot") { Description = $"Boot these kernels and ask them, not the running one: {string.Join(", ", KernelSource.All.Select(k => k.Name))}, separated by commas. Needs qemu, no root.", HelpName = "kernel" };
    private readonly Option<int> _jobs = new("--jobs", "-j") { Description = "How many tools run at once when something has to be built.", HelpName = "n", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<bool> _keepGoing = new("--keep-going", "-k") { Description = "Go on with other probes after one could not be built." };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "List every object, and show the whole log of the verifier." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly CommonOptions _common;

    public CheckCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("check", "Build probes, load their objects into the running kernel or into others, and say what the verifier says; exit code 1 when a program is rejected or could not be built.")
        {
            _subjects, _variants, _boot, _jobs, _keepGoing, _verbose, _json,
        }.WithExamples(
            ("bpfincr check", "every probe in every variant, in the running kernel"),
            ("bpfincr check xdp-parse --variant modern --verbose", "one object, with the verifier's whole log if it is rejected"),
            ("bpfincr check --boot 5.10,6.1,6.12", "each probe in the variant for each of these kernels"),
            ("bpfincr check probe.o --json", "an object that something else has made, for a program"));
        _boot.Validators.Add(result =>
        {
            foreach (var name in BuildOptions.Names(result.Tokens.Select(t => t.Value)))
                if (KernelSource.All.All(k => k.Name != name))
                    result.AddError($"no kernel {name} can be booted; there are {string.Join(", ", KernelSource.All.Select(k => k.Name))}");
        });
        Command.SetAction(RunAsync);
    }

    public Command Command { get; }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = new Output();
        var subjects = BuildOptions.Names(parsed.GetValue(_subjects));
        var files = subjects.Where(FileStamp.IsRegularFile).ToImmutableArray();
        if (subjects.Select(Unreadable).FirstOrDefault(d => d is not null) is { } unreadable)
        {
            output.Show(unreadable);
            return (int)ExitCode.Usage;
        }
        try
        {
            if (LibbpfLibrary.Find() is not { } library)
                throw new UnusableKernelException(Diagnostic.Error("BPFI1111", "libbpf is missing, which loads objects", "on Debian: apt-get install libbpf1"));
            ProbeObjects? probes = null;
            if (files.Length < subjects.Length || subjects.IsEmpty)
            {
                (probes, var failure) = await BuildAsync(parsed, [.. subjects.Except(files)], parsed.GetValue(_json) ? new Output(isAside: true) : output, cancellation);
                if (probes is null)
                    return (int)failure;
            }
            ImmutableArray<CheckedObject> given = [.. files.Select(f => new CheckedObject(f, Path.GetFullPath(f), Digest.OfFile(f)))];
            return (int)await CheckAsync(parsed, library, given, probes, output, cancellation);
        }
        catch (UnusableKernelException e)
        {
            output.Show(e.Diagnostic);
            return (int)ExitCode.Environment;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Show(Diagnostic.Error("BPFI1115", $"the check cannot go on: {e.Message}", "see the message"));
            return (int)ExitCode.Environment;
        }
        catch (OperationCanceledException)
        {
            output.Line("stopped; what the kernel has said is kept");
            return (int)ExitCode.Cancelled;
        }
    }

    // A pipe or a device may never end. A directory's name can be a probe's.
    private static Diagnostic? Unreadable(string subject)
    {
        if (FileStamp.IsRegularFile(subject))
            return FileStamp.Of(subject).Size <= LargestMegabytes << 20 ? null : Diagnostic.Error("BPFI1062", $"{subject} is larger than {LargestMegabytes} MiB, and no BPF object is");
        return File.Exists(subject) || subject.Contains('/') || subject.EndsWith(".o", StringComparison.Ordinal)
            ? Diagnostic.Error("BPFI1062", $"{subject} is no file that can be read") : null;
    }

    private async Task<(ProbeObjects?, ExitCode)> BuildAsync(ParseResult parsed, ImmutableArray<string> names, Output output, CancellationToken cancellation)
    {
        using var session = _common.Open(parsed, output, out var failure);
        if (session is null)
            return (null, failure);
        var request = new PassRequest(names, BuildOptions.Names(parsed.GetValue(_variants)), parsed.GetValue(_jobs), parsed.GetValue(_keepGoing));
        await using var programs = new InstalledPrograms(Session.Program);
        var build = new Build(session, request, programs);
        ImmutableArray<string> notBuilt = [];
        if (build.Compare() is { IsNone: false } change)
        {
            using var reporter = new PassReporter(output, new ReportDetail(Verbose: false, Explain: false, Brief: true));
            var failures = new FailuresOnly(reporter);
            var status = await build.RunAsync(change, failures, cancellation);
            if (status != ExitCode.Success && !(status == ExitCode.Failed && request.KeepGoing))
                return (null, status);
            notBuilt = failures.NotBuilt;
        }
        var (snapshot, _) = new FreshLook(session, request, programs).Take(null, out failure);
        return snapshot is null ? (null, failure) : (new ProbeObjects(snapshot, request, notBuilt), ExitCode.Success);
    }

    private async Task<ExitCode> CheckAsync(
        ParseResult parsed, string library, ImmutableArray<CheckedObject> given, ProbeObjects? probes, Output output, CancellationToken cancellation)
    {
        var root = Session.CacheRoot(parsed.GetValue(_common.CacheDirectory));
        var cache = Path.Combine(root, Session.CacheVersion);
        var (results, blobs) = (new ActionCache(cache), new BlobStore(cache));
        var libbpf = Digest.OfFile(library);
        var verdicts = new List<KernelVerdict>();
        var work = Directory.CreateTempSubdirectory("bpfincr-check-");
        var booted = BuildOptions.Names(parsed.GetValue(_boot)).Select(n => KernelSource.All.First(k => k.Name == n));
        var notBuilt = probes?.NotBuilt ?? [];
        if (!parsed.GetValue(_json) && !notBuilt.IsEmpty)
            output.Line($"could not be built, and not loaded: {string.Join(", ", notBuilt)}");
        foreach (var source in parsed.GetValue(_json) ? [] : booted)
            if (probes?.NotFor(source.Version).ToList() is { Count: > 0 } newer)
                output.Line($"{source.Name}: only for newer kernels, and not loaded: {string.Join(", ", newer)}");
        try
        {
            await foreach (var (kernel, objects) in KernelsAsync(parsed, new KernelImages(Path.Combine(root, "kernels"), results), library, work.FullName, given, probes, cancellation))
            {
                var clock = Stopwatch.StartNew();
                var loads = await new KernelCheck(kernel, new VerdictCache(results, blobs, kernel.Identity, libbpf)).RunAsync(objects, cancellation);
                if (loads.Any(l => l.Report is { } report && Verdict.WantsDemangler(report)) && (probes?.Llvm ?? AnyLlvm()) is { } llvm)
                    Verdict.UseDemangler(llvm);
                var logLines = parsed.GetValue(_verbose) ? int.MaxValue : ShortLog;
                verdicts.Add(new KernelVerdict(kernel.Name, [.. loads.Select(l => ObjectVerdict.Of(l, logLines))], clock.Elapsed));
                if (!parsed.GetValue(_json))
                    CheckText.Write(output, verdicts[^1], parsed.GetValue(_verbose), isOneOfSeveral: BuildOptions.Names(parsed.GetValue(_boot)).Length > 1);
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
        if (parsed.GetValue(_json))
            output.Line(CheckJson.Of(verdicts, notBuilt));
        return notBuilt.IsEmpty && verdicts.All(v => v.IsAccepted) ? ExitCode.Success : ExitCode.Failed;
    }

    // An object alone says nothing of a toolchain.
    private static string? AnyLlvm() => new ToolchainFinder(Environment.CurrentDirectory, null, null).Find(all: false).FirstOrDefault(c => c.Toolchain is not null)?.Toolchain!.Llvm;

    private async IAsyncEnumerable<(IKernel Kernel, ImmutableArray<CheckedObject> Objects)> KernelsAsync(
        ParseResult parsed, KernelImages images, string library, string work, ImmutableArray<CheckedObject> given, ProbeObjects? probes,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var names = BuildOptions.Names(parsed.GetValue(_boot));
        if (names.IsEmpty)
            yield return (new RunningKernel(Session.Program, library), [.. given, .. probes?.All() ?? []]);
        else
            BootTools.Require(Environment.ProcessPath!);
        var files = new InitialFileSystem(Environment.ProcessPath!, library, BootTools.Shell);
        foreach (var source in names.Select(n => KernelSource.All.First(k => k.Name == n)))
            yield return (new BootedKernel(await images.GetAsync(source, cancellation), BootTools.Machine, files, work), [.. given, .. probes?.For(source.Version) ?? []]);
    }
}
