using System.Buffers.Binary;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>A .BTF.ext section: which type each function has, which line each instruction, and CO-RE relocations.</summary>
internal sealed class BtfExtension(ElfFile file, ElfSection section, BtfSection btf)
{
    private const uint FunctionRecord = 8;
    private const uint LineRecord = 16;
    private const uint RelocationRecord = 16;
    private readonly ByteReader reader = file.ReaderOf(section);
    private readonly byte[] data = section.Data.ToArray();

    /// <summary>Moves all names to the new strings of the .BTF section, and tells of every function its type and visibility.</summary>
    /// <exception cref="MalformedInputException">The section is damaged.</exception>
    public byte[] Repair(Action<int, bool> onFunction)
    {
        Walk(8, FunctionRecord, (name, at) =>
        {
            uint number = reader.U32(at + 4);
            if (number == 0 || number > btf.Types.Count) throw new MalformedInputException($".BTF.ext refers to type {number}, which does not exist");
            onFunction((int)number, IsGlobal(name, reader.U32(at)));
        });
        Walk(16, LineRecord, (_, at) =>
        {
            Rename(at + 4);
            SetWord(at + 8, 0);
        });
        if (reader.U32(4) >= 32) Walk(24, RelocationRecord, (_, at) => Rename(at + 8));
        return data;
    }

    /// <summary>Visits every record of the part whose place is in the header at <paramref name="header"/>.</summary>
    private void Walk(ulong header, uint minimumRecord, Action<string, ulong> visit)
    {
        ulong at = (ulong)reader.U32(4) + reader.U32(header);
        ulong end = at + reader.U32(header + 4);
        if (at == end) return;
        uint record = reader.U32(at);
        if (record < minimumRecord) throw new MalformedInputException(".BTF.ext has records that are too short");
        for (at += 4; at < end;)
        {
            string name = btf.StringAt(reader.U32(at));
            Rename(at);
            uint count = reader.U32(at + 4);
            reader.Slice(at + 8, (ulong)count * record);
            at += 8;
            for (uint i = 0; i < count; i++, at += record) visit(name, at);
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
