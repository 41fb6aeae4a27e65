using System.CommandLine;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary><c>bpfincr clean</c>: removes what builds made in the workspace. The cache stays, for it is shared.</summary>
internal sealed class CleanCommand
{
    private readonly Option<bool> _cache = new("--cache") { Description = "Remove the whole cache too, for all workspaces." };
    private readonly CommonOptions _common;

    public CleanCommand(CommonOptions common)
    {
        _common = common;
        Command = new Command("clean", "Remove all that builds made in this workspace; the cache stays.") { _cache }.WithExamples(
            ("bpfincr clean", "the next build takes what it can from the cache"),
            ("bpfincr clean --cache", "the next build starts from nothing"));
        Command.SetAction(Run);
    }

    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var output = new Output();
        var session = Session.Open(parsed.GetValue(_common.Config), parsed.GetValue(_common.CacheDirectory), output, out var failure);
        if (session is null)
            return (int)failure;
        using (session)
        {
            var (settings, error) = SettingsReader.Read(session.ConfigurationPath);
            if (settings is null)
            {
                output.Show(error!);
                return (int)ExitCode.Usage;
            }
            session.Index.ForgetWorkspace(session.Directory);
            if (!Remove(settings.Output, output))
                return (int)ExitCode.Environment;
        }
        return parsed.GetValue(_cache) && !Remove(session.CacheDirectory, output) ? (int)ExitCode.Environment : (int)ExitCode.Success;
    }

    private static bool Remove(string directory, Output output)
    {
        try
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
                output.Line($"removed {directory}");
            }
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Show(Diagnostic.Error("BPFI1060", $"{directory} cannot be removed: {e.Message}"));
            return false;
        }
    }
}
