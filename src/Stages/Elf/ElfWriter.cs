using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace BpfIncr.Stages.Elf;

/// <summary>
/// Writes a relocatable again without some of its sections. Section indexes, symbol indexes, links and the string tables
/// are made anew, so that nothing refers to what is gone.
/// </summary>
internal sealed class ElfWriter
{
    private const int HeaderSize = 64;
    private const int SymbolSize = 24;
    private readonly ElfFile file;
    private readonly Func<ElfSection, ReadOnlyMemory<byte>> content;
    private readonly int[] sectionIndex;
    private readonly int[] symbolIndex;
    private readonly List<int> symbols = [];
    private readonly ArrayBufferWriter<byte> strings = new();
    private readonly Dictionary<string, uint> stringOffsets = new() { [""] = 0 };
    private readonly List<byte[]> headers = [];
    private readonly ArrayBufferWriter<byte> body = new();

    private ElfWriter(ElfFile file, Func<ElfSection, bool> keep, Func<ElfSection, ReadOnlyMemory<byte>> content)
    {
        this.file = file;
        this.content = content;
        sectionIndex = new int[file.Sections.Count];
        symbolIndex = new int[file.Symbols.Count];
        strings.Write("\0"u8);
        NumberSections(keep);
        NumberSymbols();
    }

    /// <summary>Writes the sections that <paramref name="keep"/> names, with what <paramref name="content"/> gives as their bytes.</summary>
    public static byte[] Write(ElfFile file, Func<ElfSection, bool> keep, Func<ElfSection, ReadOnlyMemory<byte>> content) =>
        new ElfWriter(file, keep, content).Write();

    private void NumberSections(Func<ElfSection, bool> keep)
    {
        int next = 1;
        for (int i = 1; i < file.Sections.Count; i++)
        {
            ElfSection section = file.Sections[i];
            bool kept = keep(section) && section.Type != ElfSection.StringTable && !(IsRelocation(section) && !keep(TargetOf(section)));
            sectionIndex[i] = kept ? next++ : 0;
        }
    }

    private void NumberSymbols()
    {
        var referenced = new HashSet<int>();
        for (int i = 1; i < file.Sections.Count; i++)
        {
            if (sectionIndex[i] != 0 && IsRelocation(file.Sections[i]))
                referenced.UnionWith(file.RelocationsOf(file.Sections[i]).Select(static relocation => relocation.Symbol));
        }

        for (int i = 0; i < file.Symbols.Count; i++)
        {
            if (i != 0 && !IsKept(i, file.Symbols[i], referenced)) continue;
            symbolIndex[i] = symbols.Count;
            symbols.Add(i);
        }
    }

    /// <summary>Whatever a relocation needs, and what has a name of its own in a section that stays; labels and file names go.</summary>
    private bool IsKept(int index, ElfSymbol symbol, HashSet<int> referenced)
    {
        bool homeless = symbol.HasSection && sectionIndex[symbol.Section] == 0;
        if (referenced.Contains(index))
            return homeless ? throw new MalformedInputException($"a relocation needs symbol {symbol.Name} of a section that is removed") : true;
        if (homeless || symbol.Section == ElfSymbol.Undefined) return false;
        return !symbol.IsLocal || symbol.Type is ElfSymbol.TypeObject or ElfSymbol.TypeFunction;
    }

    private byte[] Write()
    {
        headers.Add(new byte[64]);
        int total = sectionIndex.Max() + 1;
        for (int i = 1; i < file.Sections.Count; i++)
        {
            if (sectionIndex[i] != 0) AddSection(file.Sections[i], total);
        }

        uint name = StringOffset(".strtab");
        byte[] table = strings.WrittenSpan.ToArray();
        AddHeader(name, ElfSection.StringTable, 0, 0, 0, 1, 0, (ulong)table.Length, Append(table, 1));
        Align(8);
        ulong headerOffset = HeaderSize + (ulong)body.WrittenCount;
        return [.. Header(headerOffset, headers.Count), .. body.WrittenSpan, .. headers.SelectMany(static header => header)];
    }

    private void AddSection(ElfSection section, int stringTable)
    {
        ReadOnlyMemory<byte> data = section.Type switch
        {
            ElfSection.SymbolTable => SymbolTable(),
            ElfSection.Rel or ElfSection.Rela => Relocations(section),
            _ => content(section),
        };
        uint link = section.Type == ElfSection.SymbolTable ? (uint)stringTable : Renumbered(section.Link);
        uint info = section.Type == ElfSection.SymbolTable
            ? (uint)symbols.Count(index => file.Symbols[index].IsLocal)
            : IsRelocation(section) ? Renumbered(section.Info) : section.Info;
        ulong size = section.Type == ElfSection.NoBits ? section.Size : (ulong)data.Length;
        ulong offset = Append(data.Span, (int)Math.Clamp(section.Alignment, 1, 4096));
        AddHeader(StringOffset(section.Name), section.Type, section.Flags, link, info, section.Alignment, section.EntrySize, size, offset);
    }

    private byte[] SymbolTable()
    {
        byte[] table = new byte[symbols.Count * SymbolSize];
        for (int i = 0; i < symbols.Count; i++)
        {
            ElfSymbol symbol = file.Symbols[symbols[i]];
            Span<byte> entry = table.AsSpan(i * SymbolSize, SymbolSize);
            U32(entry, StringOffset(symbol.Name));
            entry[4] = symbol.Info;
            entry[5] = symbol.Other;
            U16(entry[6..], symbol.HasSection ? (ushort)sectionIndex[symbol.Section] : symbol.Section);
            U64(entry[8..], symbol.Value);
            U64(entry[16..], symbol.Size);
        }

        return table;
    }

    private byte[] Relocations(ElfSection section)
    {
        byte[] data = section.Data.ToArray();
        int entry = section.Type == ElfSection.Rela ? 24 : 16;
        int at = 0;
        foreach ((_, int symbol, uint type) in file.RelocationsOf(section))
        {
            U64(data.AsSpan(at + 8), ((ulong)symbolIndex[symbol] << 32) | type);
            at += entry;
        }

        return data;
    }

    private ulong Append(ReadOnlySpan<byte> data, int alignment)
    {
        Align(alignment);
        ulong offset = HeaderSize + (ulong)body.WrittenCount;
        body.Write(data);
        return offset;
    }

    private void Align(int alignment)
    {
        while ((HeaderSize + body.WrittenCount) % alignment != 0) body.Write("\0"u8);
    }

    private void AddHeader(uint name, uint type, ulong flags, uint link, uint info, ulong alignment, ulong entrySize, ulong size, ulong offset)
    {
        byte[] header = new byte[64];
        U32(header, name);
        U32(header.AsSpan(4), type);
        U64(header.AsSpan(8), flags);
        U64(header.AsSpan(24), offset);
        U64(header.AsSpan(32), size);
        U32(header.AsSpan(40), link);
        U32(header.AsSpan(44), info);
        U64(header.AsSpan(48), alignment);
        U64(header.AsSpan(56), entrySize);
        headers.Add(header);
    }

    private byte[] Header(ulong sectionHeaders, int count)
    {
        byte[] header = new byte[HeaderSize];
        "\x7f"u8.CopyTo(header);
        "ELF"u8.CopyTo(header.AsSpan(1));
        header[4] = 2;
        header[5] = file.BigEndian ? (byte)2 : (byte)1;
        header[6] = 1;
        U16(header.AsSpan(16), file.FileType);
        U16(header.AsSpan(18), file.Machine);
        U32(header.AsSpan(20), 1);
        U64(header.AsSpan(40), sectionHeaders);
        U32(header.AsSpan(48), file.Flags);
        U16(header.AsSpan(52), HeaderSize);
        U16(header.AsSpan(58), 64);
        U16(header.AsSpan(60), (ushort)count);
        U16(header.AsSpan(62), (ushort)(count - 1));
        return header;
    }

    private uint StringOffset(string text)
    {
        if (stringOffsets.TryGetValue(text, out uint offset)) return offset;
        offset = (uint)strings.WrittenCount;
        strings.Write(Encoding.UTF8.GetBytes(text + '\0'));
        return stringOffsets[text] = offset;
    }

    private uint Renumbered(uint section) => section < sectionIndex.Length ? (uint)sectionIndex[section] : 0;

    private static bool IsRelocation(ElfSection section) => section.Type is ElfSection.Rel or ElfSection.Rela;

    private ElfSection TargetOf(ElfSection relocations) => relocations.Info < file.Sections.Count
        ? file.Sections[(int)relocations.Info]
        : throw new MalformedInputException($"section {relocations.Name} is for a section that does not exist");

    private void U16(Span<byte> at, ushort value)
    {
        if (file.BigEndian) BinaryPrimitives.WriteUInt16BigEndian(at, value);
        else BinaryPrimitives.WriteUInt16LittleEndian(at, value);
    }

    private void U32(Span<byte> at, uint value)
    {
        if (file.BigEndian) BinaryPrimitives.WriteUInt32BigEndian(at, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(at, value);
    }

    private void U64(Span<byte> at, ulong value)
    {
        if (file.BigEndian) BinaryPrimitives.WriteUInt64BigEndian(at, value);
        else BinaryPrimitives.WriteUInt64LittleEndian(at, value);
    }
}
