using System.Globalization;
using System.Text;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Disassembly;

/// <summary>
/// A BPF object as text: every section with its instructions or its bytes, its relocations, and the symbols. Two objects with
/// the same text differ at most in where their parts lie.
/// </summary>
internal static class ObjectText
{
    private const int BytesOfLine = 16;

    public static string Of(ElfFile file)
    {
        var text = new StringBuilder();
        using var disassembler = new Disassembler(file.BigEndian);
        foreach (ElfSection section in file.Sections)
        {
            text.Append(CultureInfo.InvariantCulture, $"section {section.Name} type {section.Type} flags {section.Flags} alignment {section.Alignment} size {section.Size}\n");
            if (section.Type is ElfSection.Rel or ElfSection.Rela) AddRelocations(text, file, section);
            else if ((section.Flags & ElfSection.FlagExecutable) != 0) AddInstructions(text, disassembler, section.Data.Span);
            else if (section.Type is not (ElfSection.SymbolTable or ElfSection.StringTable)) AddBytes(text, section.Data.Span);
        }

        foreach (ElfSymbol symbol in file.Symbols)
            text.Append(CultureInfo.InvariantCulture, $"symbol {symbol.Name} info {symbol.Info} other {symbol.Other} section {symbol.Section} value {symbol.Value:x} size {symbol.Size}\n");
        return text.ToString();
    }

    private static void AddInstructions(StringBuilder text, Disassembler disassembler, ReadOnlySpan<byte> code)
    {
        for (int at = 0; at < code.Length;)
        {
            (string instruction, int size) = disassembler.Next(code[at..], (ulong)at);
            text.Append(CultureInfo.InvariantCulture, $"  {at,6:x}: {Convert.ToHexStringLower(code.Slice(at, size))} {instruction.Trim().Replace('\t', ' ')}\n");
            at += size;
        }
    }

    private static void AddRelocations(StringBuilder text, ElfFile file, ElfSection section)
    {
        foreach ((ulong offset, int symbol, uint type) in file.RelocationsOf(section))
            text.Append(CultureInfo.InvariantCulture, $"  {offset,6:x}: type {type} {file.Symbols[symbol].Name}\n");
    }

    private static void AddBytes(StringBuilder text, ReadOnlySpan<byte> data)
    {
        for (int at = 0; at < data.Length; at += BytesOfLine)
        {
            ReadOnlySpan<byte> line = data.Slice(at, Math.Min(BytesOfLine, data.Length - at));
            text.Append(CultureInfo.InvariantCulture, $"  {at,6:x}: {Convert.ToHexStringLower(line),-2 * BytesOfLine} ");
            foreach (byte value in line) text.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
            text.Append('\n');
        }
    }
}
