using System.CommandLine;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache pin</c>: keeps what probes are made of now, for instance those of a release; without a name, lists what is kept.</summary>
internal sealed class CachePinCommand
{
    private readonly Argument<string?> _name = new("name") { Description = "The name of the pin; a pin of that name is replaced. Without it, pins are listed.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string[]> _probes = new("probe") { Description = "What to keep; without it, every probe.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON: every pin." };
    private readonly CommonOptions _common;

    public CachePinCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("pin", "Keep the results of probes as they are now, whatever the limits are, until cache unpin; or list what is kept.") { _name, _probes, _json }.WithExamples(
            ("bpfincr cache pin release-1.4", "keep what every probe is made of now"),
            ("bpfincr cache pin demo xdp-parse tc-mark", "keep two of them"),
            ("bpfincr cache pin", "list what is kept"));
        _name.Validators.Add(result =>
        {
            if (result.Tokens is [var name, ..] && !CachePins.IsName(name.Value))
                result.AddError($"\"{name.Value}\" cannot name a pin: use letters, digits, '-', '_', '+' and '.'");
        });
        CacheCommand.SetAction(Command, RunAsync);
    }

    public Command Command { get; }

    private async Task<ExitCode> RunAsync(ParseResult parsed, Output output, CancellationToken cancellation)
    {
        var directory = CacheCommand.DirectoryOf(parsed, _common);
        var pins = new CachePins(directory);
        if (parsed.GetValue(_name) is { } name)
        {
            var inventory = CacheInventory.Take(directory, cancellation);
            var (keys, failure) = await ProbeResults.FindAsync(parsed, _common, parsed.GetValue(_probes) ?? [], inventory, output, cancellation);
            if (keys is null)
                return failure;
            pins.Set(name, keys);
        }
        if (parsed.GetValue(_json))
            output.Line(CacheJson.Of(PinsJson.Of(pins)));
        else
            foreach (var pin in pins.All())
                output.Line($"{pin.Name,-20} {QuantityText.Count(pin.Results, "result")}");
        return ExitCode.Success;
    }
}

/// <summary><c>bpfincr cache unpin</c>: lets what a pin keeps go when its time comes.</summary>
internal sealed class CacheUnpinCommand
{
    public CacheUnpinCommand(CommonOptions common)
    {
        var name = new Argument<string>("name") { Description = "The name of the pin." };
        var json = new Option<bool>("--json") { Description = "Print JSON: the pins that are left." };
        Command = new Command("unpin", "Keep no longer what a pin keeps.") { name, json }.WithExamples(
            ("bpfincr cache unpin release-1.4", "its results go when they were not used for long"));
        CacheCommand.SetAction(Command, (parsed, output, _) =>
        {
            var pins = new CachePins(CacheCommand.DirectoryOf(parsed, common));
            if (!pins.Remove(parsed.GetValue(name)!))
            {
                var known = string.Join(", ", pins.All().Select(p => p.Name));
                output.Show(Diagnostic.Error("BPFI1057", $"there is no pin {parsed.GetValue(name)}", known.Length > 0 ? $"there are {known}" : null));
                return ExitCode.Failed;
            }
            if (parsed.GetValue(json))
                output.Line(CacheJson.Of(PinsJson.Of(pins)));
            return ExitCode.Success;
        });
    }

    public Command Command { get; }
}
