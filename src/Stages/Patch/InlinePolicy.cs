namespace BpfIncr.Stages.Patch;

/// <summary>Which functions are inlined.</summary>
public enum InlinePolicy
{
    /// <summary>Everything into the programs: kernels before 4.16 know no calls between BPF functions.</summary>
    All,

    /// <summary>The optimizer decides; what BPF cannot call, or what can end the program, is inlined all the same.</summary>
    Calls,
}
