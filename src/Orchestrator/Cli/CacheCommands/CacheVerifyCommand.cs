using System.CommandLine;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli.CacheCommands;

/// <summary><c>bpfincr cache verify</c>: reads everything, and takes out of the cache what is damaged.</summary>
internal sealed class CacheVerifyCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly SignerOption _signers;
    private readonly CommonOptions _common;

    public CacheVerifyCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("verify", "Read every blob, every result and the index, and move what is damaged to quarantine; exit code 1 when there was anything.") { _json }.WithExamples(
            ("bpfincr cache verify", "after a disk has had trouble"),
            ("bpfincr cache verify --cache-dir /mnt/ci-cache --json", "of another cache, for a program"),
            ("bpfincr cache verify --cache-dir /mnt/ci-cache --signer ci.key.pub", "and leave nothing in it that CI has not signed"));
        _signers = new SignerOption(Command, "Move to quarantine too what none of these has signed: the file of a public key, or the key itself.");
        CacheCommand.SetAction(Command, Run);
    }

    public Command Command { get; }

    private ExitCode Run(ParseResult parsed, Output output, CancellationToken cancellation)
    {
        var directory = CacheCommand.DirectoryOf(parsed, _common);
        if (_signers.Read(parsed, output) is not { } signers)
            return ExitCode.Usage;
        var verification = CacheVerification.Run(directory, signers, cancellation);
        var isIndexDamaged = false;
        if (File.Exists(Session.IndexIn(directory)))
            Session.OpenIndex(directory, output, readOnly: false, () => isIndexDamaged = true, thorough: true).Dispose();
        if (parsed.GetValue(_json))
            output.Line(CacheJson.Of(VerificationJson.Of(verification, isIndexDamaged)));
        else
            Show(output, verification);
        return verification is { Damaged.IsEmpty: true, Untrusted.IsEmpty: true } && !isIndexDamaged ? ExitCode.Success : ExitCode.Failed;
    }

    private static void Show(Output output, CacheVerification verification)
    {
        foreach (var name in verification.Damaged)
            output.Line($"damaged  {name}");
        foreach (var name in verification.Untrusted)
            output.Line($"untrusted  {name}");
        var state = verification switch
        {
            { Damaged.IsEmpty: true, Untrusted.IsEmpty: true } => "all sound",
            { Untrusted.IsEmpty: true } => $"{verification.Damaged.Length} damaged, moved to quarantine",
            _ => $"{verification.Damaged.Length} damaged and {verification.Untrusted.Length} of no signer, moved to quarantine",
        };
        output.Line($"read {QuantityText.Count(verification.Blobs, "blob")} and {QuantityText.Count(verification.Results, "result")}, {QuantityText.Size(verification.Bytes)}: {state}");
        if (verification.Incomplete > 0)
            output.Line($"{QuantityText.Count(verification.Incomplete, "result")} without all outputs: a build that needs one takes it from a shared cache, or makes it again");
    }
}
