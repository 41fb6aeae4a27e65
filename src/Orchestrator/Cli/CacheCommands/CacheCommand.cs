using System.CommandLine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache</c>: what those need who look after a cache.</summary>
internal sealed class CacheCommand
{
    public CacheCommand(CommonOptions common) =>
        Command = new Command("cache", "Look after the cache.")
        {
            new CachePathCommand(common).Command,
            new CacheStatsCommand(common).Command,
            new CacheGcCommand(common).Command,
            new CachePinCommand(common).Command,
            new CacheUnpinCommand(common).Command,
            new CacheVerifyCommand(common).Command,
            new CacheWhyCommand(common).Command,
            new CacheExportCommand(common).Command,
            new CacheImportCommand(common).Command,
        }.WithExamples(
            ("bpfincr cache path", "where it is"),
            ("bpfincr cache stats", "what is in it, what takes the space, and what it saved"),
            ("bpfincr cache gc --max-size 10G", "remove what was not used for longest"),
            ("bpfincr cache verify", "look for damage"),
            ("bpfincr cache why probe.o", "which sources, tools and options made an object"),
            ("bpfincr cache export cache.tar.gz", "take it to a machine that shares no cache"));

    public Command Command { get; }

    /// <summary>
    /// The versioned directory of the cache that a command is about. Unlike a build's, it may also be named itself, as it is when
    /// somebody keeps one on a shared file system.
    /// </summary>
    public static string DirectoryOf(ParseResult parsed, CommonOptions common)
    {
        var root = Session.CacheRoot(parsed.GetValue(common.CacheDirectory));
        return Path.Exists(Path.Combine(root, "blobs")) ? root : Path.Combine(root, Session.CacheVersion);
    }

    /// <summary>Lets a command do its work, and says how it ended when it could not.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">Its work; what it throws for the disk's or the user's sake is expected.</param>
    public static void SetAction(Command command, Func<ParseResult, Output, CancellationToken, ExitCode> run) =>
        SetAction(command, (parsed, output, cancellation) => Task.Run(() => run(parsed, output, cancellation)));

    /// <inheritdoc cref="SetAction(Command, Func{ParseResult, Output, CancellationToken, ExitCode})"/>
    public static void SetAction(Command command, Func<ParseResult, Output, CancellationToken, Task<ExitCode>> run) =>
        command.SetAction(async (parsed, cancellation) =>
        {
            var output = new Output();
            try
            {
                return (int)await run(parsed, output, cancellation);
            }
            catch (OperationCanceledException)
            {
                output.Line("stopped");
                return (int)ExitCode.Cancelled;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                output.Show(Diagnostic.Error("BPFI1054", $"the cache cannot be read or written: {e.Message}"));
                return (int)ExitCode.Environment;
            }
        });
}
