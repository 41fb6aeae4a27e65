using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>Reads from .BTF.ext which function each function type describes.</summary>
internal static class BtfFunctions
{
    private const int MinimumRecord = 8;

    /// <summary>For every described function the number of its type and whether its symbol is visible from outside.</summary>
    /// <exception cref="MalformedInputException">The section is damaged.</exception>
    public static List<(int Type, bool IsGlobal)> Read(ElfFile file, ElfSection extension, BtfSection btf)
    {
        ByteReader reader = file.ReaderOf(extension);
        ulong at = (ulong)reader.U32(4) + reader.U32(8);
        ulong end = at + reader.U32(12);
        var functions = new List<(int Type, bool IsGlobal)>();
        if (at == end) return functions;
        uint record = reader.U32(at);
        if (record < MinimumRecord) throw new MalformedInputException(".BTF.ext has records that are too short");
        at += 4;
        while (at < end)
        {
            string section = btf.StringAt(reader.U32(at));
            uint count = reader.U32(at + 4);
            reader.Slice(at + 8, (ulong)count * record);
            at += 8;
            for (uint i = 0; i < count; i++, at += record)
            {
                uint number = reader.U32(at + 4);
                if (number == 0 || number > btf.Types.Count) throw new MalformedInputException($".BTF.ext refers to type {number}, which does not exist");
                functions.Add(((int)number, IsGlobal(file, section, reader.U32(at))));
            }
        }

        return functions;
    }

    private static bool IsGlobal(ElfFile file, string section, ulong offset) => file.Symbols.Any(symbol =>
        symbol.Type == ElfSymbol.TypeFunction && !symbol.IsLocal && symbol.Value == offset &&
        symbol.HasSection && file.Sections[symbol.Section].Name == section);
}
