using System.CommandLine;
using System.CommandLine.Invocation;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Cli.CacheCommands;
using BpfIncr.Orchestrator.Linker;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Stages.Verify;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator;

/// <summary>
/// The program's entry. Five hidden commands come first, because they are started by other programs: <c>rustc</c>, which
/// cargo calls in the place of rustc, <c>worker</c>, which runs LLVM, <c>features</c>, which lists what LLVM knows of BPF,
/// <c>load</c>, which loads objects into the kernel, and <c>tier</c>, which touches a shared directory. Called as a linker, it is one (<see cref="LinkerProgram"/>).
/// </summary>
internal static class Program
{
    private static int Main(string[] args) => args switch
    {
        ["rustc", .. var rest] when rest.Length > 0 => CrateCompile.Run(rest),
        ["worker", var llvm, "--", .. var options] when llvm.StartsWith("--llvm=", StringComparison.Ordinal) =>
            WorkerProgram.RunOnStandardStreams(llvm["--llvm=".Length..], options),
        [SharedCaches.ServeCommand, var mode, var path] => TierServer.RunOnStandardStreams(mode, path),
        [LoaderProgram.Command, var library] => LoaderProgram.RunOnStandardStreams(library),
        ["features", var llvm] when llvm.StartsWith("--llvm=", StringComparison.Ordinal) => BpfFeatureTable.Print(llvm["--llvm=".Length..]),
        _ when LinkerProgram.IsMeant(args) => Guarded(token => LinkerProgram.RunAsync(args, token)),
        _ => Guarded(token => InvokeAsync(args, token)),
    };

    private static async Task<int> InvokeAsync(string[] args, CancellationToken cancellation)
    {
        var parsed = CommandLine().Parse(args);
        if (parsed.Action is ParseErrorAction && !CommandLineErrors.IsUnfinished(parsed))
        {
            new Output().Show(CommandLineErrors.Of(parsed));
            return (int)ExitCode.Usage;
        }
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        var status = await parsed.InvokeAsync(configuration, cancellation);
        return parsed.Action is ParseErrorAction ? (int)ExitCode.Usage : status;
    }

    private static int Guarded(Func<CancellationToken, Task<int>> run)
    {
        try
        {
            using var signals = new TerminationSignals();
            return run(signals.Token).GetAwaiter().GetResult();
        }
        catch (UnusableException e)
        {
            new Output().Show(e.Diagnostic);
            return (int)ExitCode.Environment;
        }
        catch (OperationCanceledException)
        {
            // Of a command that has nothing to keep or to put away.
            new Output().Line("stopped");
            return (int)ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            // Whatever arrives here was foreseen by nobody: the trace is for whoever mends it.
            Console.Error.WriteLine($"BUG in bpfincr: {e.Message}\nPlease report it with these lines and what you ran:\n{e}");
            return (int)ExitCode.Bug;
        }
    }

    private static RootCommand CommandLine()
    {
        var common = new CommonOptions();
        return new RootCommand("bpfincr builds eBPF probes written in Rust, and runs only what changed.")
        {
            common.Config,
            common.CacheDirectory,
            common.SharedCache,
            new InitCommand(common).Command,
            new BuildCommand(common).Command,
            new WatchCommand(common).Command,
            new AffectedCommand(common).Command,
            new ExplainCommand(common).Command,
            new CheckCommand(common).Command,
            new AuditCommand(common).Command,
            new CacheCommand(common).Command,
            new KeyCommand().Command,
            new CleanCommand(common).Command,
            new DoctorCommand(common).Command,
        }.WithExamples(
            ("bpfincr init", "write a bpfincr.json for the Cargo project here"),
            ("bpfincr build", "build everything that bpfincr.json names"),
            ("bpfincr build --explain", "the same, and say why each step ran"),
            ("bpfincr explain tc-mark", "what happened to a probe, why, and what would happen now"),
            ("bpfincr watch", "build again whenever something changes"),
            ("bpfincr doctor", "show the toolchain, LLVM, the kernel and the cache"));
    }
}
