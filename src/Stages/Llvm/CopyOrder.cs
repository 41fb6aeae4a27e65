namespace BpfIncr.Stages.Llvm;

/// <summary>The order in which the words of a copy can be loaded and stored one after the other.</summary>
internal enum CopyOrder
{
    /// <summary>From the first to the last.</summary>
    Ascending,

    /// <summary>From the last to the first, as the target begins in the source.</summary>
    Descending,
}
