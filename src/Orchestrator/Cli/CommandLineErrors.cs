using System.CommandLine;
using System.CommandLine.Parsing;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>What is wrong with a command line, said as everything else is that can be wrong.</summary>
internal static class CommandLineErrors
{
    private const string Id = "BPFI1005";

    /// <summary>Whether nothing is wrong but that a command is missing: then the help says more than an error.</summary>
    public static bool IsUnfinished(ParseResult parsed) =>
        parsed.UnmatchedTokens.Count == 0 && parsed.CommandResult.Command.Subcommands.Count > 0;

    /// <summary>The errors. What a word that nobody knows leads to is not among them.</summary>
    public static IEnumerable<Diagnostic> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var unknown = parsed.UnmatchedTokens.Concat(parsed.Errors.Select(OptionIn).OfType<string>()).FirstOrDefault();
        return unknown is not null
            ? [Unknown(command, unknown)]
            : parsed.Errors.Select(e => Diagnostic.Error(Id, e.Message.TrimEnd('.'), Help(command)));
    }

    // Where any number of names may stand, an option that does not exist is taken for one.
    private static string? OptionIn(ParseError error) =>
        error.SymbolResult is ArgumentResult { Parent: CommandResult } names ? names.Tokens.FirstOrDefault(t => t.Value.StartsWith('-'))?.Value : null;

    private static Diagnostic Unknown(Command command, string word)
    {
        var isOption = word.StartsWith('-');
        var known = isOption ? WithParents(command).SelectMany(c => c.Options).Select(o => o.Name) : command.Subcommands.Select(c => c.Name);
        var what = isOption ? $"there is no option {word}" : command.Subcommands.Count > 0 ? $"there is no command {word}" : $"{word} is not expected here";
        return Diagnostic.Error(Id, what, NearestName.Of(word, known) is { } near ? $"did you mean {near}?" : Help(command));
    }

    private static string Help(Command command) => $"see {string.Join(' ', WithParents(command).Reverse().Select(c => c.Name))} --help";

    private static IEnumerable<Command> WithParents(Command command)
    {
        for (var c = command; c is not null; c = c.Parents.OfType<Command>().FirstOrDefault())
            yield return c;
    }
}
