using System.CommandLine;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache gc</c>: makes the cache keep to its limits.</summary>
internal sealed class CacheGcCommand
{
    private readonly Option<string?> _size = new("--max-size") { Description = "Bytes of the disk that may stay; without it, \"maxSize\" of bpfincr.json, else 10G.", HelpName = "size" };
    private readonly Option<string?> _age = new("--max-age") { Description = "For how long something may go unused; without it, \"maxAge\" of bpfincr.json, else none.", HelpName = "time" };
    private readonly Option<string?> _grace = new("--grace") { Description = "What was used within this time stays in any case, a second at least; without it, 1h.", HelpName = "time" };
    private readonly Option<bool> _dryRun = new("--dry-run", "-n") { Description = "Say what would be removed, and remove nothing." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly CommonOptions _common;

    public CacheGcCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("gc", "Remove what was not used for longest until the cache keeps to its limits, and what nobody needs. Builds may go on meanwhile.") { _size, _age, _grace, _dryRun, _json }.WithExamples(
            ("bpfincr cache gc", "keep to the limits of bpfincr.json"),
            ("bpfincr cache gc --max-size 10G --max-age 30d", "keep to these"),
            ("bpfincr cache gc --max-size 0 --dry-run", "what could be removed at all"));
        _size.Validators.Add(result => Check(result.Tokens.Count == 0 || Quantity.TryParseSize(result.Tokens[^1].Value, out _), "--max-size", Quantity.SizeHint, result.AddError));
        foreach (var option in (Option<string?>[])[_age, _grace])
            option.Validators.Add(result => Check(result.Tokens.Count == 0 || Quantity.TryParseTime(result.Tokens[^1].Value, out _), option.Name, Quantity.TimeHint, result.AddError));
        CacheCommand.SetAction(Command, Run);
    }

    public Command Command { get; }

    private ExitCode Run(ParseResult parsed, Output output, CancellationToken cancellation)
    {
        if (Limits(parsed, output) is not { } limits)
            return ExitCode.Usage;
        var directory = CacheCommand.DirectoryOf(parsed, _common);
        var grace = parsed.GetValue(_grace) is { } text && Quantity.TryParseTime(text, out var time) ? time ?? TimeSpan.MaxValue : CollectionReport.Grace;
        var dryRun = parsed.GetValue(_dryRun);
        var collection = CollectionReport.Run(directory, limits, grace, dryRun, cancellation);
        if (parsed.GetValue(_json))
            output.Line(CacheJson.Of(CollectionJson.Of(collection, limits, dryRun)));
        else
            Show(output, collection, limits, dryRun);
        return ExitCode.Success;
    }

    // What the command line does not say, the bpfincr.json here says, if there is one. Null after saying what is wrong.
    private CacheLimits? Limits(ParseResult parsed, Output output)
    {
        var named = parsed.GetValue(_common.Config);
        var limits = CacheLimits.Default;
        if (Session.FindConfiguration(named) is { } path)
        {
            var (settings, errors) = SettingsReader.Read(path);
            output.Show(errors);
            if (settings is null)
                return null;
            limits = settings.CacheLimits;
        }
        else if (named is not null)
        {
            output.Show(Session.NoConfiguration(named));
            return null;
        }
        if (parsed.GetValue(_size) is { } size && Quantity.TryParseSize(size, out var bytes))
            limits = limits with { MaxSize = bytes };
        if (parsed.GetValue(_age) is { } age && Quantity.TryParseTime(age, out var time))
            limits = limits with { MaxAge = time };
        return limits;
    }

    private static void Show(Output output, CollectionReport collection, CacheLimits limits, bool dryRun)
    {
        output.Line(
            $"{(dryRun ? "would remove" : "removed")} {QuantityText.Count(collection.Results, "result")}, {QuantityText.Count(collection.Blobs, "blob")}" +
            $" and {QuantityText.Count(collection.Others, "other file")}, {QuantityText.Size(collection.Freed)}; {QuantityText.Size(collection.Left)} {(dryRun ? "would stay" : "are left")}");
        if (collection.Left > limits.MaxSize)
            output.Line($"that is more than {QuantityText.Size(limits.MaxSize.Value)}: the rest is pinned, was used within the time of grace, or is none of the cache's results");
    }

    private static void Check(bool isGood, string option, string hint, Action<string> error)
    {
        if (!isGood)
            error($"{option}: {hint}");
    }
}
