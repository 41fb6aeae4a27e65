using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>What <c>build</c> and <c>watch</c> have in common on the command line.</summary>
internal sealed class BuildOptions
{
    private readonly Argument<string[]> _probes = new("probe") { Description = "Build only these probes, separated by blanks or commas.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _variants = new("--variant") { Description = "Build only these variants, separated by commas.", HelpName = "name" };
    private readonly Option<int> _jobs = new("--jobs", "-j") { Description = "How many tools run at once.", HelpName = "n", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "List every step, also those that did not run." };
    private readonly Option<bool> _explain = new("--explain") { Description = "Say why each step ran: what differs from the last build." };

    public BuildOptions()
    {
        _jobs.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[^1].Value, CultureInfo.InvariantCulture, out var jobs) && jobs > 0))
                result.AddError("--jobs must be a number above 0");
        });
        _probes.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } unknown)
                result.AddError($"there is no option {unknown.Value}");
            CheckNames(result);
        });
        _variants.Validators.Add(CheckNames);
    }

    public void AddTo(Command command)
    {
        command.Arguments.Add(_probes);
        foreach (var option in (Option[])[_variants, _jobs, _verbose, _explain])
            command.Options.Add(option);
    }

    public PassRequest Request(ParseResult parsed) => new(
        Names(parsed.GetValue(_probes)), Names(parsed.GetValue(_variants)), parsed.GetValue(_jobs), KeepGoing: false);

    /// <summary>Names as they are given, several of them behind a comma or not: no probe and no variant has a comma in its name.</summary>
    public static ImmutableArray<string> Names(IEnumerable<string>? given) =>
        [.. (given ?? []).SelectMany(g => g.Split(',', StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal)];

    // An empty variable of a script is no way to ask for everything.
    private static void CheckNames(SymbolResult result)
    {
        if (result.Tokens.Any(t => t.Value.Split(',').Any(string.IsNullOrWhiteSpace)))
            result.AddError("a name is empty");
    }

    public ReportDetail Detail(ParseResult parsed) => new(parsed.GetValue(_verbose), parsed.GetValue(_explain));
}
