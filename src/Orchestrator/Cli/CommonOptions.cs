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

    public Option<string?> SharedCache { get; } = new("--shared-cache")
    {
        Description = "A directory with results of other machines; DIR:ro only reads it, none switches off those in bpfincr.json; without it, $BPFINCR_SHARED_CACHE or what bpfincr.json says.",
        HelpName = "dir",
        Recursive = true,
    };
}
