using System.Collections.Immutable;

namespace BpfIncr.Stages.Elf;

/// <summary>Symbol lists of ELF relocatables.</summary>
public static class ElfSymbols
{
    /// <summary>The names a relocatable refers to but does not define, each once, in the order of its symbol table.</summary>
    /// <remarks>rustc tells a linker without an export list what to keep by such an object, <c>symbols.o</c>.</remarks>
    /// <exception cref="MalformedInputException">The file is not a sound 64-bit ELF file.</exception>
    public static ImmutableArray<string> Undefined(ReadOnlyMemory<byte> content) =>
        [.. ElfFile.Read(content).Symbols
            .Where(static symbol => symbol.Section == ElfSymbol.Undefined && symbol.Name.Length > 0)
            .Select(static symbol => symbol.Name)
            .Distinct()];
}
