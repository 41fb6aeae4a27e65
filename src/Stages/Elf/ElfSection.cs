namespace BpfIncr.Stages.Elf;

/// <summary>One section of an ELF file as its header describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">SHT_ value.</param>
/// <param name="Flags">SHF_ bits.</param>
/// <param name="Address">Always 0 in a relocatable.</param>
/// <param name="Link">Another section's index; what it means depends on the type.</param>
/// <param name="Info">A section index for relocations, a symbol index for symbol tables.</param>
/// <param name="Alignment">In bytes.</param>
/// <param name="EntrySize">Bytes of an entry in tables.</param>
/// <param name="Size">Bytes in memory; the data's length except for SHT_NOBITS.</param>
/// <param name="Data">The bytes in the file.</param>
internal sealed record ElfSection(
    string Name, uint Type, ulong Flags, ulong Address, uint Link, uint Info, ulong Alignment, ulong EntrySize, ulong Size,
    ReadOnlyMemory<byte> Data)
{
    public const uint Progbits = 1;
    public const uint SymbolTable = 2;
    public const uint StringTable = 3;
    public const uint Rela = 4;
    public const uint NoBits = 8;
    public const uint Rel = 9;
    public const ulong FlagAlloc = 2;
    public const ulong FlagExecutable = 4;
}
