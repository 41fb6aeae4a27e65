using BpfIncr.Stages.Codegen.Btf;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Verify;

/// <summary>
/// Says in libbpf's convention which maps an object has that follows aya's or RedBPF's: there, a symbol in a section <c>maps</c> or
/// <c>maps/NAME</c> is a <c>bpf_map_def</c>, the numbers of a map; libbpf 1.x takes no map but one that the type information describes,
/// in a section <c>.maps</c>. Only the copy that is loaded is changed: the object stays what its own loader wants.
/// </summary>
internal static class LegacyMaps
{
    private const string Maps = ".maps";
    private const string Types = ".BTF";

    /// <summary>What an exception says of a symbol that is no map.</summary>
    public const string NoDefinition = "is no bpf_map_def";

    /// <summary>The object for libbpf; the same bytes when it has no such maps.</summary>
    /// <exception cref="MalformedInputException">The object is damaged, or such a symbol is no map.</exception>
    public static byte[] Convert(byte[] content)
    {
        ElfFile file = ElfFile.Read(content);
        if (!file.Sections.Any(IsLegacy)) return content;
        // Maps that libbpf knows already come first, and keep their places.
        ElfSection? known = file.Sections.FirstOrDefault(static section => section.Name == Maps);
        int start = ((known?.Data.Length ?? 0) + MapTypes.MapSize - 1) / MapTypes.MapSize * MapTypes.MapSize;
        Dictionary<int, LegacyMap> maps = Read(file, start);
        return ElfWriter.Write(WithMaps(file, known, maps, start), static section => !IsLegacy(section) && section.Name != ".rel.BTF", static section => section.Data);
    }

    /// <summary>Whether an object says in RedBPF's way, which is not translated, what types such maps' keys and values have.</summary>
    public static bool HasTypes(byte[] content)
    {
        try
        {
            return ElfFile.Read(content).Sections.Any(static section => section.Name == "maps.ext" || (section.Name == Types && section.Data.Span.IndexOf("____btf_map_"u8) >= 0));
        }
        catch (MalformedInputException)
        {
            return false;
        }
    }

    private static bool IsLegacy(ElfSection section) =>
        section.Type == ElfSection.Progbits && (section.Name == "maps" || section.Name.StartsWith("maps/", StringComparison.Ordinal));

    // By the numbers of their symbols.
    private static Dictionary<int, LegacyMap> Read(ElfFile file, int start)
    {
        var maps = new Dictionary<int, LegacyMap>();
        // libbpf looks for a map's symbol by its name.
        var taken = file.Symbols.Where(symbol => !IsMap(file, symbol)).Select(static symbol => symbol.Name).ToHashSet();
        for (int i = 0; i < file.Symbols.Count; i++)
        {
            ElfSymbol symbol = file.Symbols[i];
            if (!IsMap(file, symbol)) continue;
            string name = BtfNames.ToIdentifier(symbol.Name);
            for (int other = i; !taken.Add(name); other++) name = BtfNames.ToIdentifier($"{symbol.Name}-{other}");
            maps[i] = new LegacyMap(name, DefinitionOf(file, symbol), start + (maps.Count * MapTypes.MapSize));
        }

        return maps;
    }

    private static bool IsMap(ElfFile file, ElfSymbol symbol) =>
        symbol.Type is ElfSymbol.TypeObject or ElfSymbol.TypeNone && symbol.HasSection && IsLegacy(file.Sections[symbol.Section]);

    private static uint[] DefinitionOf(ElfFile file, ElfSymbol symbol)
    {
        ElfSection section = file.Sections[symbol.Section];
        try
        {
            ByteReader reader = file.ReaderOf(section);
            return [.. Enumerable.Range(0, LegacyMap.Fields.Length).Select(field => reader.U32(symbol.Value + ((ulong)field * 4)))];
        }
        catch (MalformedInputException e)
        {
            throw new MalformedInputException($"symbol {symbol.Name} in section {section.Name} {NoDefinition}: {e.Message}");
        }
    }

    private static ElfFile WithMaps(ElfFile file, ElfSection? known, Dictionary<int, LegacyMap> maps, int start)
    {
        int end = start + (maps.Count * MapTypes.MapSize);
        ElfSection? types = file.Sections.FirstOrDefault(static section => section.Name == Types);
        var places = file.Symbols.Where(symbol => known is not null && symbol.HasSection && file.Sections[symbol.Section] == known)
            .DistinctBy(static symbol => symbol.Name).ToDictionary(static symbol => symbol.Name, static symbol => (uint)symbol.Value);
        ElfSection merged = (known ?? file.Sections.First(IsLegacy)) with { Name = Maps, Alignment = MapTypes.MapSize, Size = (ulong)end, Data = new byte[end] };
        ElfSection described = (types ?? new ElfSection(Types, ElfSection.Progbits, 0, 0, 0, 0, 1, 0, 0, default)) with
        {
            Data = MapTypes.Add(types?.Data ?? BtfSection.Empty(file.BigEndian), file.BigEndian, [.. maps.Values], places, end),
        };
        // Behind the others, so that every section keeps its number.
        List<ElfSection> sections = [.. file.Sections.Select(section => section == known ? merged : section == types ? described : section)];
        int index = known is null ? sections.Count : sections.IndexOf(merged);
        if (known is null) sections.Add(merged);
        if (types is null) sections.Add(described);
        return file.With(sections, [.. file.Symbols.Select((symbol, i) => maps.TryGetValue(i, out LegacyMap? map)
            ? symbol with { Name = map.Name, Info = ElfSymbol.GlobalObject, Section = (ushort)index, Value = (ulong)map.Offset, Size = MapTypes.MapSize } : symbol)]);
    }
}

/// <summary>A map as a <c>bpf_map_def</c> says it.</summary>
/// <param name="Name">Its name, an identifier.</param>
/// <param name="Values">The values of <see cref="Fields"/>.</param>
/// <param name="Offset">Where it is in <c>.maps</c>.</param>
internal sealed record LegacyMap(string Name, uint[] Values, int Offset)
{
    /// <summary>The members of every <c>bpf_map_def</c>; RedBPF's has these, aya's more.</summary>
    public static readonly string[] Fields = ["type", "key_size", "value_size", "max_entries", "map_flags"];
}
