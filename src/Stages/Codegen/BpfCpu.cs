namespace BpfIncr.Stages.Codegen;

/// <summary>The BPF instruction set level.</summary>
public enum BpfCpu
{
    /// <summary>LLVM's own choice.</summary>
    Generic,

    /// <summary>Every kernel with BPF.</summary>
    V1,

    /// <summary>Jumps for less-than; kernel 4.14.</summary>
    V2,

    /// <summary>32-bit arithmetic and jumps; kernel 5.1.</summary>
    V3,

    /// <summary>Sign extension, byte swap, long jumps; kernel 6.6.</summary>
    V4,
}
