namespace BpfIncr.Stages.Elf;

/// <summary>One module found in a library.</summary>
/// <param name="Name">The archive member's name, or the file's own name.</param>
/// <param name="Bitcode">Raw LLVM bitcode, beginning with <c>BC C0 DE</c>.</param>
public sealed record BitcodeMember(string Name, ReadOnlyMemory<byte> Bitcode);
