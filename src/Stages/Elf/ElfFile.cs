namespace BpfIncr.Stages.Elf;

/// <summary>A 64-bit ELF relocatable, read completely and checked as it is read.</summary>
internal sealed class ElfFile
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private readonly ByteReader reader;

    private ElfFile(ElfFile file, IReadOnlyList<ElfSection> sections, IReadOnlyList<ElfSymbol> symbols)
    {
        (reader, BigEndian, FileType, Machine, Flags) = (file.reader, file.BigEndian, file.FileType, file.Machine, file.Flags);
        (Sections, Symbols) = (sections, symbols);
    }

    private ElfFile(ByteReader reader, bool bigEndian)
    {
        this.reader = reader;
        BigEndian = bigEndian;
        FileType = reader.U16(16);
        Machine = reader.U16(18);
        Flags = reader.U32(48);
        Sections = ReadSections();
        Symbols = ReadSymbols();
    }

    public const ushort Relocatable = 1;
    public const ushort MachineBpf = 247;

    public bool BigEndian { get; }

    public ushort FileType { get; }

    public ushort Machine { get; }

    public uint Flags { get; }

    /// <summary>All sections by index; the first is the empty one.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>The symbol table by index; empty when there is none.</summary>
    public IReadOnlyList<ElfSymbol> Symbols { get; }

    /// <summary>Whether bytes begin like an ELF file.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> data) => data.StartsWith("\x7f"u8) && data[1..].StartsWith("ELF"u8);

    /// <exception cref="MalformedInputException">The bytes are not a sound 64-bit ELF file.</exception>
    public static ElfFile Read(ReadOnlyMemory<byte> data)
    {
        if (!HasMagic(data.Span)) throw new MalformedInputException("not an ELF file");
        if (data.Length < HeaderSize) throw new MalformedInputException("the ELF header is cut short");
        if (data.Span[4] != 2) throw new MalformedInputException("not a 64-bit ELF file");
        if (data.Span[5] is not (1 or 2)) throw new MalformedInputException("the ELF file's byte order is unknown");
        bool bigEndian = data.Span[5] == 2;
        return new ElfFile(new ByteReader(data, bigEndian), bigEndian);
    }

    /// <summary>This file with other sections and symbols; those that others refer to by number have to keep their places.</summary>
    public ElfFile With(IReadOnlyList<ElfSection> sections, IReadOnlyList<ElfSymbol> symbols) => new(this, sections, symbols);

    /// <summary>A reader over bytes in this file's byte order.</summary>
    public ByteReader ReaderOf(ElfSection section) => new(section.Data, BigEndian);

    /// <summary>The relocations of a SHT_REL section: offset, symbol index, type.</summary>
    public IEnumerable<(ulong Offset, int Symbol, uint Type)> RelocationsOf(ElfSection section)
    {
        int entry = section.Type == ElfSection.Rela ? 24 : 16;
        if (section.Data.Length % entry != 0) throw new MalformedInputException($"section {section.Name} has a broken size");
        ByteReader entries = ReaderOf(section);
        for (int at = 0; at < section.Data.Length; at += entry)
        {
            ulong info = entries.U64((ulong)at + 8);
            int symbol = checked((int)Math.Min(info >> 32, int.MaxValue));
            if (symbol >= Symbols.Count) throw new MalformedInputException($"section {section.Name} refers to symbol {symbol}, which does not exist");
            yield return (entries.U64((ulong)at), symbol, (uint)info);
        }
    }

    private List<ElfSection> ReadSections()
    {
        ulong table = reader.U64(40);
        int count = reader.U16(60);
        int names = reader.U16(62);
        if (count == 0) throw new MalformedInputException("the ELF file has no sections");
        if (count >= ElfSymbol.FirstReserved) throw new MalformedInputException("the ELF file has too many sections");
        if (reader.U16(58) != SectionHeaderSize) throw new MalformedInputException("the ELF section headers have an unknown size");
        var headers = new ByteReader(reader.Slice(table, (ulong)count * SectionHeaderSize), BigEndian);
        if (names >= count) throw new MalformedInputException("the ELF section name table does not exist");
        var strings = new StringTable(new ByteReader(ReadSection(headers, names, "").Data, BigEndian));
        List<ElfSection> sections = [.. Enumerable.Range(0, count).Select(index =>
            ReadSection(headers, index, index == 0 ? "" : strings[headers.U32((ulong)index * SectionHeaderSize)]))];
        // Else they could be written as many times as large as they were read.
        if (sections.Sum(static section => (long)section.Data.Length) > reader.Length) throw new MalformedInputException("sections of the ELF file overlap");
        return sections;
    }

    private ElfSection ReadSection(ByteReader headers, int index, string name)
    {
        ulong at = (ulong)index * SectionHeaderSize;
        uint type = headers.U32(at + 4);
        ulong size = headers.U64(at + 32);
        bool hasBytes = type is not (0 or ElfSection.NoBits);
        return new ElfSection(
            name, type, headers.U64(at + 8), headers.U64(at + 16), headers.U32(at + 40), headers.U32(at + 44),
            headers.U64(at + 48), headers.U64(at + 56), size, hasBytes ? reader.Slice(headers.U64(at + 24), size) : default);
    }

    private List<ElfSymbol> ReadSymbols()
    {
        if (Sections.FirstOrDefault(static section => section.Type == ElfSection.SymbolTable) is not { } table) return [];
        if (table.Data.Length % SymbolSize != 0) throw new MalformedInputException("the symbol table has a broken size");
        if (table.Link >= Sections.Count) throw new MalformedInputException("the symbol table has no strings");
        ByteReader entries = ReaderOf(table);
        var strings = new StringTable(ReaderOf(Sections[(int)table.Link]));
        var symbols = new List<ElfSymbol>(table.Data.Length / SymbolSize);
        for (ulong at = 0; at < (ulong)table.Data.Length; at += SymbolSize)
        {
            uint name = entries.U32(at);
            var symbol = new ElfSymbol(
                name == 0 ? "" : strings[name], entries.U8(at + 4), entries.U8(at + 5), entries.U16(at + 6),
                entries.U64(at + 8), entries.U64(at + 16));
            if (symbol.HasSection && symbol.Section >= Sections.Count)
                throw new MalformedInputException($"symbol {symbol.Name} is in section {symbol.Section}, which does not exist");
            symbols.Add(symbol);
        }

        return symbols;
    }
}
