using System.Buffers.Binary;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>A .BTF.ext section: which type each function has, which line each instruction, and CO-RE relocations.</summary>
internal sealed class BtfExtension(ElfFile file, ElfSection section, BtfSection btf)
{
    private const uint FunctionRecord = 8;
    private const uint LineRecord = 16;
    private const uint RelocationRecord = 16;
    private const ulong FunctionsHeader = 8;
    private const ulong LinesHeader = 16;
    private const ulong RelocationsHeader = 24;
    private const uint HeaderWithRelocations = 32;
    private readonly ByteReader reader = file.ReaderOf(section);
    private readonly byte[] data = section.Data.ToArray();

    /// <summary>Moves all names to the new strings of the .BTF section, and tells of every function its type and visibility.</summary>
    /// <exception cref="MalformedInputException">The section is damaged.</exception>
    public byte[] Repair(Action<int, bool> onFunction)
    {
        foreach ((string name, ulong at) in Renamed(Blocks(FunctionsHeader, FunctionRecord)))
        {
            uint number = reader.U32(at + 4);
            if (number == 0 || number > btf.Types.Count) throw new MalformedInputException($".BTF.ext refers to type {number}, which does not exist");
            onFunction((int)number, IsGlobal(name, reader.U32(at)));
        }

        foreach ((_, ulong at) in Renamed(Blocks(LinesHeader, LineRecord)))
        {
            Rename(at + 4);
            SetWord(at + 8, 0);
        }

        if (reader.U32(4) < HeaderWithRelocations) return data;
        foreach ((_, ulong at) in Renamed(Blocks(RelocationsHeader, RelocationRecord))) Rename(at + 8);
        return data;
    }

    /// <summary>Where the lines of instructions begin: section, offset in it, file, and line and column in one word.</summary>
    /// <exception cref="MalformedInputException">The section is damaged.</exception>
    public IEnumerable<(string Section, ulong Offset, string File, uint LineAndColumn)> Lines() =>
        from block in Blocks(LinesHeader, LineRecord)
        from at in block.Records
        select (btf.StringAt(reader.U32(block.Name)), (ulong)reader.U32(at), btf.StringAt(reader.U32(at + 4)), reader.U32(at + 12));

    /// <summary>The records of each section, of the part whose place is in the header at <paramref name="header"/>.</summary>
    private IEnumerable<(ulong Name, IEnumerable<ulong> Records)> Blocks(ulong header, uint minimumRecord)
    {
        ulong at = (ulong)reader.U32(4) + reader.U32(header);
        ulong end = at + reader.U32(header + 4);
        if (at == end) yield break;
        uint record = reader.U32(at);
        if (record < minimumRecord) throw new MalformedInputException(".BTF.ext has records that are too short");
        for (at += 4; at < end;)
        {
            uint count = reader.U32(at + 4);
            ulong first = at + 8;
            reader.Slice(first, (ulong)count * record);
            yield return (at, Enumerable.Range(0, (int)count).Select(i => first + ((ulong)i * record)));
            at = first + ((ulong)count * record);
        }
    }

    /// <summary>Moves the names of sections, and gives every record with the name of its own.</summary>
    private IEnumerable<(string Section, ulong At)> Renamed(IEnumerable<(ulong Name, IEnumerable<ulong> Records)> blocks)
    {
        foreach ((ulong name, IEnumerable<ulong> records) in blocks)
        {
            string section = btf.StringAt(reader.U32(name));
            Rename(name);
            foreach (ulong at in records) yield return (section, at);
        }
    }

    private void Rename(ulong at) => SetWord(at, btf.Add(btf.StringAt(reader.U32(at))));

    private void SetWord(ulong at, uint value)
    {
        if (file.BigEndian) BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan((int)at), value);
        else BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan((int)at), value);
    }

    private bool IsGlobal(string name, ulong offset) => file.Symbols.Any(symbol =>
        symbol.Type == ElfSymbol.TypeFunction && !symbol.IsLocal && symbol.Value == offset &&
        symbol.HasSection && file.Sections[symbol.Section].Name == name);
}
