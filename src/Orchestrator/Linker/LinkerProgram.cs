using System.CommandLine;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>
/// What this program is when rustc calls it as its linker: bpf-linker, with the same command line, on the same stages and the same
/// cache as a build. It knows by its name, or by rustc's list of symbols where <c>-C linker=</c> names <c>bpfincr</c> itself.
/// </summary>
internal static class LinkerProgram
{
    private const string Name = "bpf-linker";

    /// <summary>Whether a command line is one for a linker.</summary>
    public static bool IsMeant(string[] arguments) =>
        Path.GetFileName(Environment.GetCommandLineArgs()[0]) == Name || arguments.Contains("--export-symbols");

    /// <summary>Links.</summary>
    /// <exception cref="UnusableException">The machine does not let it.</exception>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        var options = new LinkerOptions();
        options.Command.SetAction(async (parsed, token) =>
        {
            var output = new Output();
            try
            {
                return (int)await new LinkerRun(options, parsed, output).RunAsync(token);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or MalformedInputException)
            {
                output.Show(LinkerRun.Unusable(e.Message));
                return (int)ExitCode.Failed;
            }
        });
        if (arguments.FirstOrDefault(a => a.Length == 0 || a.Contains('\uFFFD', StringComparison.Ordinal)) is { } wrong)
        {
            new Output().Show(Diagnostic.Error(
                "BPFI1005", wrong.Length == 0 ? "an argument is empty" : $"{wrong} is not valid UTF-8", "name files that can be named"));
            return (int)ExitCode.Usage;
        }
        // A name that begins with @ is a name.
        var parsed = options.Command.Parse([.. LinkerOptions.Normalize(arguments)], new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is System.CommandLine.Invocation.ParseErrorAction)
        {
            new Output().Show(CommandLineErrors.Of(parsed));
            return (int)ExitCode.Usage;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellation);
    }
}
