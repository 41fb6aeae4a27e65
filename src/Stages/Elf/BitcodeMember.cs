using System.Collections.Immutable;

namespace BpfIncr.Stages.Elf;

/// <summary>One module found in a library.</summary>
/// <param name="Name">The archive member's name, or the file's own name.</param>
/// <param name="Bitcode">Raw LLVM bitcode, beginning with <c>BC C0 DE</c>.</param>
/// <param name="Symbols">What it defines, by its archive's symbol index; null when there is none.</param>
public sealed record BitcodeMember(string Name, ReadOnlyMemory<byte> Bitcode, ImmutableArray<string>? Symbols = null)
{
    /// <summary>Whether <see cref="Bitcode"/> is none, but LLVM's text.</summary>
    public bool IsText { get; init; }
}
