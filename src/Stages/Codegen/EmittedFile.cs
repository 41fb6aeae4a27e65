namespace BpfIncr.Stages.Codegen;

/// <summary>What codegen writes.</summary>
public enum EmittedFile
{
    /// <summary>An ELF object.</summary>
    Object,

    /// <summary>The text of an assembler, for people.</summary>
    Assembly,
}
