using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>Examples at the end of a command's help: for most people they are the help.</summary>
internal static class HelpExamples
{
    /// <summary>Adds examples to a command's help.</summary>
    /// <param name="command">The command.</param>
    /// <param name="examples">Command lines, and what each does.</param>
    public static T WithExamples<T>(this T command, params (string Line, string Meaning)[] examples) where T : Command
    {
        var option = command.Options.OfType<HelpOption>().FirstOrDefault();
        if (option is null)
            command.Options.Add(option = new HelpOption());
        option.Action = new Action((SynchronousCommandLineAction)option.Action!, examples);
        return command;
    }

    private sealed class Action(SynchronousCommandLineAction help, (string Line, string Meaning)[] examples) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var status = help.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            var width = examples.Max(e => e.Line.Length);
            output.WriteLine("Examples:");
            foreach (var (line, meaning) in examples)
                output.WriteLine($"  {line.PadRight(width)}  {meaning}");
            output.WriteLine();
            return status;
        }
    }
}
