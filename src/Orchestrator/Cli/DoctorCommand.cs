using System.CommandLine;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;
using Spectre.Console;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr doctor</c>: what this machine has for the job, why it was chosen, and what installs the rest.</summary>
internal sealed class DoctorCommand
{
    private readonly CommonOptions _common;

    public DoctorCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("doctor", "Show the toolchain and why it was chosen, LLVM, the kernel, the cache, and what is missing.").WithExamples(
            ("bpfincr doctor", "for the workspace here"));
        Command.SetAction(Run);
    }

    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var output = new Output();
        using var session = Session.Open(parsed.GetValue(_common.Config), parsed.GetValue(_common.CacheDirectory), output, out var failure);
        if (session is null)
            return (int)failure;
        var (settings, error) = SettingsReader.Read(session.ConfigurationPath);
        if (settings is null)
        {
            output.Show(error!);
            return (int)ExitCode.Usage;
        }
        var files = new FileTable(session.Index, []);
        var candidates = ToolchainSelection.Candidates(settings, new Memo(session.Index, files), new InstalledPrograms(Session.Program), all: true);
        var selected = ToolchainSelection.Select(candidates, files);
        files.Save();
        ShowToolchain(output, candidates, selected);
        ShowKernel(output);
        Good(output, "cache", session.CacheDirectory);
        Good(output, "configuration", session.ConfigurationPath);
        return (int)(selected is null ? ExitCode.Environment : ExitCode.Success);
    }

    private static void ShowToolchain(Output output, List<ToolchainCandidate> candidates, SelectedToolchain? selected)
    {
        if (selected is null)
        {
            Bad(output, "toolchain", "none can be used");
        }
        else
        {
            var toolchain = selected.Toolchain;
            Good(output, "toolchain", $"{toolchain.ShortVersion}, {toolchain.Rustc}");
            Good(output, "LLVM", $"{toolchain.LlvmVersion}, {toolchain.Llvm}");
            Good(output, "target", $"{toolchain.Triple} ({toolchain.Mode.ToString().ToLowerInvariant()} mode)");
        }
        foreach (var candidate in candidates)
        {
            var mark = candidate.Toolchain is not null && candidate.Toolchain.Equals(selected?.Toolchain) ? "chosen" : candidate.Toolchain is null ? "no" : "usable";
            output.Line($"       {mark,-7} {candidate.Rustc}: {candidate.Verdict}");
        }
        if (selected?.Toolchain.Mode is not ToolchainMode.Bpf)
            Advise(output, "a toolchain with a prebuilt BPF core", "apt-get install rustc-web cargo-web libstd-rust-web-dev-bpf");
    }

    private static void ShowKernel(Output output)
    {
        Good(output, "kernel", File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        if (File.Exists("/sys/kernel/btf/vmlinux"))
            Good(output, "BTF", "/sys/kernel/btf/vmlinux");
        else
            Bad(output, "BTF", "the running kernel has none; programs that attach by BTF cannot be loaded here");
        var bpftool = ((string[])["/usr/sbin/bpftool", "/usr/bin/bpftool", "/usr/local/sbin/bpftool"]).FirstOrDefault(File.Exists);
        if (bpftool is null)
            Advise(output, "bpftool, to load objects by hand", "apt-get install bpftool");
        else
            Good(output, "bpftool", bpftool);
    }

    private static void Good(Output output, string what, string found) =>
        output.Markup($"[green]ok[/]     {what,-14} {found.EscapeMarkup()}");

    private static void Bad(Output output, string what, string found) =>
        output.Markup($"[red]no[/]     {what,-14} {found.EscapeMarkup()}");

    private static void Advise(Output output, string what, string command) =>
        output.Markup($"[yellow]advice[/] for {what.EscapeMarkup()}: {command.EscapeMarkup()}");
}
