using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Verify;

/// <summary>
/// Describes maps as libbpf wants it: each is a variable in a data section <c>.maps</c>, of a structure whose members are pointers; a
/// number is the length of an array that a member points to.
/// </summary>
internal static class MapTypes
{
    /// <summary>Bytes that a described map takes in its section.</summary>
    public const int MapSize = 64;

    private const string Maps = ".maps";
    private const uint PointerSize = 8;
    private const uint GlobalLinkage = 1;

    /// <summary>Adds maps to type information.</summary>
    /// <param name="types">The section <c>.BTF</c>.</param>
    /// <param name="bigEndian">Its byte order.</param>
    /// <param name="maps">The maps.</param>
    /// <param name="places">Where those are in <c>.maps</c> that are described already, by name.</param>
    /// <param name="size">Bytes of the section <c>.maps</c>.</param>
    /// <exception cref="MalformedInputException">The section is damaged.</exception>
    public static byte[] Add(ReadOnlyMemory<byte> types, bool bigEndian, IReadOnlyList<LegacyMap> maps, IReadOnlyDictionary<string, uint> places, int size)
    {
        var btf = new BtfSection(types, bigEndian);
        var sections = btf.Types.Where(static type => type.Kind == BtfKind.DataSection).ToList();
        List<uint[]> known = [.. sections.Where(section => btf.Name(section.Offset) == Maps).SelectMany(section => Entries(btf, section, places))];
        // The data sections of before are described anew, or are no more.
        var gone = sections.Where(section => btf.Name(section.Offset) is Maps or "maps" || btf.Name(section.Offset).StartsWith("maps/", StringComparison.Ordinal)).ToHashSet();
        btf.Rewrite(type => gone.Contains(type) ? btf.Integer(PointerSize) : null, first => Describe(btf, first, maps, known, size));
        return btf.ToBytes();
    }

    // LLVM leaves the places of variables to libbpf, which looks for them only where the section's size is left to it, too.
    private static IEnumerable<uint[]> Entries(BtfSection btf, BtfType section, IReadOnlyDictionary<string, uint> places) =>
        Enumerable.Range(0, section.Count)
            .Select(i => section.Extra + (i * section.EntrySize))
            .Select(at => (uint[])[btf.Word(at), places.TryGetValue(NameOf(btf, btf.Word(at)), out uint place) ? place : btf.Word(at + 4), btf.Word(at + 8)]);

    private static string NameOf(BtfSection btf, uint variable) => variable > 0 && variable <= btf.Types.Count
        ? btf.Name(btf.Types[(int)variable - 1].Offset)
        : throw new MalformedInputException($"section {Maps} has a variable of type {variable}, which does not exist");

    private static IEnumerable<byte[]> Describe(BtfSection btf, uint first, IReadOnlyList<LegacyMap> maps, List<uint[]> entries, int size)
    {
        // An array of bytes can be as long as a number is large.
        uint unit = first, next = first + 1;
        yield return btf.Integer(1);
        foreach (LegacyMap map in maps)
        {
            uint[] members = [btf.Add(""), ((uint)BtfKind.Struct << 24) | (uint)LegacyMap.Fields.Length, (uint)LegacyMap.Fields.Length * PointerSize];
            for (int i = 0; i < LegacyMap.Fields.Length; i++)
            {
                yield return btf.Words(0, (uint)BtfKind.Array << 24, 0, unit, unit, map.Values[i]);
                yield return btf.Reference(BtfKind.Pointer, next);
                members = [.. members, btf.Add(LegacyMap.Fields[i]), next + 1, (uint)i * PointerSize * 8];
                next += 2;
            }

            yield return btf.Words(members);
            yield return btf.Words(btf.Add(map.Name), (uint)BtfKind.Variable << 24, next, GlobalLinkage);
            entries.Add([next + 1, (uint)map.Offset, MapSize]);
            next += 2;
        }

        if (entries.Count > ushort.MaxValue) throw new MalformedInputException("the object has too many maps");
        yield return btf.Words([btf.Add(Maps), ((uint)BtfKind.DataSection << 24) | (uint)entries.Count, (uint)size, .. entries.SelectMany(static entry => entry)]);
    }
}
