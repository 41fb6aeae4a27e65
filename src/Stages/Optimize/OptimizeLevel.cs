namespace BpfIncr.Stages.Optimize;

/// <summary>LLVM's optimization levels.</summary>
public enum OptimizeLevel
{
    /// <summary>Little.</summary>
    O1,

    /// <summary>What most programs want.</summary>
    O2,

    /// <summary>Faster code, possibly larger.</summary>
    O3,

    /// <summary>Smaller code.</summary>
    Os,

    /// <summary>The smallest code.</summary>
    Oz,
}
