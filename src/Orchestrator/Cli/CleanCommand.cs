using System.CommandLine;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

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
        var session = _common.Open(parsed, output, out var failure);
        if (session is null)
            return (int)failure;
        using (session)
        {
            var (settings, errors) = SettingsReader.Read(session.ConfigurationPath);
            if (settings is null)
            {
                output.Show(errors);
                return (int)ExitCode.Usage;
            }
            var variants = settings.Variants.Keys
                .Concat(session.Index.Steps(session.Workspace).Keys.Select(s => StepId.TryParse(s)?.Variant ?? ""))
                .Where(v => v.Length > 0).ToHashSet(StringComparer.Ordinal);
            session.Index.ForgetWorkspace(session.Workspace);
            session.Passes.Forget(session.Workspace);
            if (!Made(settings.Output, variants).All(path => Remove(path, output)))
                return (int)ExitCode.Environment;
            output.Line($"removed what builds made in {settings.Output}");
        }
        if (!parsed.GetValue(_cache))
            return (int)ExitCode.Success;
        if (!Remove(session.CacheDirectory, output))
            return (int)ExitCode.Environment;
        output.Line($"removed the cache {session.CacheDirectory}");
        return (int)ExitCode.Success;
    }

    // What a build makes, and nothing else that may lie there: objects of variants, cargo's directories, and what is
    // empty then.
    private static IEnumerable<string> Made(string output, IEnumerable<string> variants)
    {
        var directories = variants.Select(v => Path.Combine(output, v)).Where(Directory.Exists).ToList();
        foreach (var file in directories.SelectMany(d => Directory.GetFiles(d, "*.o")))
            yield return file;
        var cargo = Path.Combine(output, "cargo");
        if (Directory.Exists(cargo))
            foreach (var target in Directory.GetDirectories(cargo).Where(d => Directory.Exists(Path.Combine(d, CaptureLinker.DirectoryName))))
                yield return target;
        foreach (var directory in directories.Append(cargo).Append(output))
            if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
                yield return directory;
    }

    private static bool Remove(string path, Output output)
    {
        try
        {
            if (File.Exists(path))
                File.Delete(path);
            else if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Show(Diagnostic.Error("BPFI1060", $"{path} cannot be removed: {e.Message}"));
            return false;
        }
    }
}
