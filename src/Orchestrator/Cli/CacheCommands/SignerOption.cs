using System.CommandLine;
using BpfIncr.Cache.Signing;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary>The option that names those who are to have signed every result.</summary>
internal sealed class SignerOption
{
    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="description">What becomes of results that none of them has signed.</param>
    public SignerOption(Command command, string description)
    {
        Option = new Option<string[]>("--signer") { Description = description, HelpName = "key" };
        command.Options.Add(Option);
    }

    private Option<string[]> Option { get; }

    /// <summary>The signers; anyone when none is named, null after saying what is wrong with one.</summary>
    public Signers? Read(ParseResult parsed, Output output)
    {
        var read = (parsed.GetValue(Option) ?? []).Select(n => SignerText.Read(n, Path.GetFullPath("."))).ToList();
        if (read.Find(r => r.Key is null) is { Why.Length: > 0 } wrong)
        {
            output.Show(Diagnostic.Error("BPFI1064", wrong.Why, SignerText.Hint));
            return null;
        }
        return new Signers([.. read.Select(r => r.Key).OfType<PublicKey>()]);
    }
}
