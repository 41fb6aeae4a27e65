using System.CommandLine;

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
}
