namespace BpfIncr.Orchestrator.Cli;

/// <summary>What scripts can tell from the exit status.</summary>
internal enum ExitCode
{
    /// <summary>Everything asked for is up to date.</summary>
    Success = 0,

    /// <summary>
    /// The answer is no: a probe could not be built (the code, or the options for it, are at fault), something in the cache was
    /// damaged, or what was asked for is not there.
    /// </summary>
    Failed = 1,

    /// <summary>The command line, <c>bpfincr.json</c> or a Cargo workspace is wrong; nothing was built.</summary>
    Usage = 2,

    /// <summary>The machine is: no toolchain, or a cache that cannot be written.</summary>
    Environment = 3,

    /// <summary>The program itself is at fault.</summary>
    Bug = 70,

    /// <summary>Stopped by Ctrl-C or a signal.</summary>
    Cancelled = 130,
}
