using System.CommandLine;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Workspace;
using Spectre.Console;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr doctor</c>: what this machine has for the job, why it was chosen, and what installs the rest.</summary>
internal sealed class DoctorCommand
{
    private readonly Option<bool> _json = new("--json") { Description = "Print the same as JSON, for scripts." };
    private readonly CommonOptions _common;

    public DoctorCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("doctor", "Show the toolchain and why it was chosen, LLVM, the kernel, the cache, and what is missing.").WithExamples(
            ("bpfincr doctor", "for the workspace here"),
            ("bpfincr doctor --json", "the same, for a script"));
        Command.Options.Add(_json);
        Command.SetAction(Run);
    }

    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var output = new Output();
        // It is what one runs first, perhaps before there is a project.
        using var session = _common.Open(parsed, output, out var failure, optional: true);
        if (session is null)
            return (int)failure;
        var hasConfiguration = File.Exists(session.ConfigurationPath);
        var (settings, errors) = hasConfiguration
            ? SettingsReader.Read(session.ConfigurationPath) : (SettingsReader.Defaults(Path.GetDirectoryName(session.ConfigurationPath)!), []);
        if (settings is null)
        {
            output.Show(errors);
            return (int)ExitCode.Usage;
        }
        var files = new FileTable(session.Index, []);
        var candidates = ToolchainSelection.Candidates(settings, new Memo(session.Index, files), files, new InstalledPrograms(Session.Program), all: true);
        files.Save();
        var report = DoctorReport.Of(settings, candidates, session);
        if (parsed.GetValue(_json))
            output.Line(JsonText.Of(report, DoctorJson.Default.DoctorReport));
        else
            Show(output, report);
        return (int)(report.Toolchain is null ? ExitCode.Environment : ExitCode.Success);
    }

    private static void Show(Output output, DoctorReport report)
    {
        if (report.Toolchain is { } toolchain)
        {
            Good(output, "toolchain", $"{toolchain.Version}, {toolchain.Rustc}");
            Good(output, "LLVM", $"{toolchain.LlvmVersion}, {toolchain.Llvm}");
            Good(output, "target", $"{toolchain.Target}, {toolchain.Way}");
        }
        else
        {
            Bad(output, "toolchain", "none can be used");
        }
        foreach (var candidate in report.Candidates)
            output.Line($"       {candidate.Rustc}: {candidate.Reason}");
        Good(output, "kernel", report.Kernel);
        if (report.KernelBtf is { } btf)
            Good(output, "BTF", btf);
        else
            Bad(output, "BTF", "the running kernel has none; programs that attach by BTF cannot be loaded here");
        if (report.Bpftool is { } bpftool)
            Good(output, "bpftool", bpftool);
        if (report.Libbpf is { } libbpf)
            Good(output, "libbpf", libbpf);
        Good(output, "cache", report.Cache);
        foreach (var shared in report.SharedCaches)
            if (shared.Answers)
                Good(output, "shared cache", $"{shared.Path}{(shared.IsReadOnly ? ", read-only" : "")}{(shared.Signers.IsEmpty ? "" : $", signed by {string.Join(" or ", shared.Signers)}")}");
            else
                Bad(output, "shared cache", $"{shared.Path} cannot be used");
        if (report.SigningKey is { } key)
            Good(output, "signing key", key);
        if (report.Configuration is { } configuration)
            Good(output, "configuration", configuration);
        else
            output.Line($"       there is no {Settings.FileName} here or above; bpfincr init writes one");
        foreach (var advice in report.Advice)
            output.Markup($"[yellow]advice[/] {advice.Purpose.EscapeMarkup()}: {advice.Action.EscapeMarkup()}");
    }

    private static void Good(Output output, string what, string found) =>
        output.Markup($"[green]ok[/]     {what,-14} {found.EscapeMarkup()}");

    private static void Bad(Output output, string what, string found) =>
        output.Markup($"[red]no[/]     {what,-14} {found.EscapeMarkup()}");
}
