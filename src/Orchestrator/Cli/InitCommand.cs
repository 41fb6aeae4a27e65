using System.CommandLine;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Initialization;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr init</c>: writes the first <c>bpfincr.json</c> of a project.</summary>
internal sealed class InitCommand
{
    private readonly Argument<string> _directory = new("directory") { Description = "The project's root directory.", DefaultValueFactory = _ => ".", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Print it, and write nothing." };
    private readonly CommonOptions _common;

    public InitCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("init", "Write a bpfincr.json for a Cargo project, also for one made for aya or RedBPF: find its probes, and what they need.")
        {
            _directory, _dryRun,
        }.WithExamples(
            ("bpfincr init", "for the project here"),
            ("bpfincr init --dry-run", "print what would be written"));
        Command.SetAction(Run);
    }

    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var output = new Output();
        if (parsed.GetValue(_directory) is not { Length: > 0 } given || !Directory.Exists(given))
        {
            output.Show(Diagnostic.Error("BPFI1005", $"{parsed.GetValue(_directory)} is no directory", "name the project's root directory"));
            return (int)ExitCode.Usage;
        }
        // Cargo says where things really are.
        var directory = RealPath.Of(Path.GetFullPath(given));
        var file = Path.Combine(directory, Settings.FileName);
        if (!parsed.GetValue(_dryRun) && Path.Exists(file))
        {
            output.Show(Diagnostic.Error("BPFI1130", $"{file} is there already", "look at it, or see with --dry-run what would be written"));
            return (int)ExitCode.Usage;
        }
        using var session = Session.Open(null, parsed.GetValue(_common.CacheDirectory), output, out var failure, optional: true);
        if (session is null)
            return (int)failure;
        var files = new FileTable(session.Index, []);
        var programs = new InstalledPrograms(Session.Program, readOnly: parsed.GetValue(_dryRun));
        var candidates = ToolchainSelection.Candidates(SettingsReader.Defaults(directory), new Memo(session.Index, files), files, programs);
        if (ToolchainSelection.Select(candidates, files) is not { } toolchain)
        {
            output.Show(SnapshotBuilder.NoToolchain(candidates));
            return (int)ExitCode.Environment;
        }
        // The build that comes next need not hash the compiler again.
        files.Save();
        try
        {
            var project = ProjectSurvey.Of(directory, toolchain.Toolchain, programs);
            var text = ConfigurationDraft.Of(project);
            if (parsed.GetValue(_dryRun))
                output.Line(text.TrimEnd());
            else
                Write(output, file, text, project);
            foreach (var unreadable in project.Unreadable)
                output.Warn(Diagnostic.Warning("BPFI1132", $"cargo cannot read the workspace at {unreadable}", "it is left out; name it in \"workspaces\" when it has probes"));
            return (int)ExitCode.Success;
        }
        catch (NoProjectException e)
        {
            output.Show(e.Diagnostic);
            return (int)ExitCode.Usage;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Show(Diagnostic.Error("BPFI1063", $"{file} cannot be written: {e.Message}"));
            return (int)ExitCode.Usage;
        }
    }

    private static void Write(Output output, string file, string text, ProjectSurvey project)
    {
        File.WriteAllText(file, text);
        output.Line($"wrote {file} for {project.Probes.Count} {(project.Probes.Count == 1 ? "probe" : "probes")}: {string.Join(", ", project.Probes)}");
        output.Line("next: bpfincr build");
    }
}
