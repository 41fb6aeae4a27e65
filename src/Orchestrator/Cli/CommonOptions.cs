using System.CommandLine;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>Options that every command has.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Config { get; } = new("--config")
    {
        Description = "The bpfincr.json to use; without it, the one here or in the nearest directory above.",
        HelpName = "file",
        Recursive = true,
    };

    public Option<string?> CacheDirectory { get; } = new("--cache-dir")
    {
        Description = "Where the cache is; without it, $BPFINCR_CACHE_DIR or bpfincr in the user's cache directory.",
        HelpName = "dir",
        Recursive = true,
    };

    public Option<string?> SharedCache { get; } = new("--shared-cache")
    {
        Description = "A directory with results of other machines; DIR:ro only reads it, none switches off those in bpfincr.json; without it, $BPFINCR_SHARED_CACHE or what bpfincr.json says.",
        HelpName = "dir",
        Recursive = true,
    };

    /// <summary>Opens the session that a command line asks for; null, after saying why, when it cannot be.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="output">Where complaints go.</param>
    /// <param name="failure">The exit code when there is none.</param>
    /// <param name="readOnly">Whether the command only looks: nothing is then remembered, and what is damaged stays.</param>
    /// <param name="sharedRequired">Whether a shared cache that cannot be used makes the command fail.</param>
    /// <param name="optional">Whether there may be no <c>bpfincr.json</c>, unless the command line names one.</param>
    public Session? Open(
        ParseResult parsed, Output output, out ExitCode failure, bool readOnly = false, bool sharedRequired = false, bool optional = false) => Session.Open(
        parsed.GetValue(Config), parsed.GetValue(CacheDirectory), output, out failure, readOnly,
        new SharedCacheOption(parsed.GetValue(SharedCache), sharedRequired), optional && parsed.GetValue(Config) is null);
}
