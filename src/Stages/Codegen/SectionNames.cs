namespace BpfIncr.Stages.Codegen;

/// <summary>Whose naming convention program sections follow.</summary>
public enum SectionNames
{
    /// <summary>The names of the source.</summary>
    Keep,

    /// <summary>RedBPF's names become what libbpf derives program types from.</summary>
    Libbpf,
}
