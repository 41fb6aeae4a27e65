using System.Buffers.Binary;
using System.Text;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>The sections of an object, as the ELF specification has them; read here once more, so that the program is not asked about itself.</summary>
internal static class ElfSections
{
    private const int NoBits = 8;

    /// <summary>Names and contents of the sections of a 64-bit little-endian object.</summary>
    public static SortedDictionary<string, byte[]> Of(byte[] elf)
    {
        var (table, size) = ((int)U64(elf, 0x28), U16(elf, 0x3a));
        var headers = Enumerable.Range(0, U16(elf, 0x3c)).Select(i => table + (i * size)).ToList();
        var names = Content(elf, headers[U16(elf, 0x3e)]);
        var sections = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var header in headers.Skip(1))
        {
            var name = names.AsSpan((int)U32(elf, header));
            sections[Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)])] = Content(elf, header);
        }
        return sections;
    }

    private static byte[] Content(byte[] elf, int header) =>
        U32(elf, header + 4) == NoBits ? [] : elf[(int)U64(elf, header + 0x18)..][..(int)U64(elf, header + 0x20)];

    private static int U16(byte[] elf, int at) => BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(at));

    private static uint U32(byte[] elf, int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(at));

    private static ulong U64(byte[] elf, int at) => BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(at));
}
