namespace BpfIncr.Stages.Codegen;

/// <summary>The byte order of the kernels that an object is for.</summary>
public enum ByteOrder
{
    /// <summary>That of the program, which is that of the target it was compiled for; little-endian when that was a host.</summary>
    Program,

    /// <summary>Little-endian; a program of another order is an error.</summary>
    Little,

    /// <summary>Big-endian; a program of another order is an error.</summary>
    Big,
}
