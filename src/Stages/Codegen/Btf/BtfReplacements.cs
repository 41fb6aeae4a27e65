namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>
/// Puts what everybody takes in the place of types that some loader or kernel refuses, under the same numbers.
/// <para>
/// aya marks the structure of a map with a member that is for the tools behind the compiler, and no setting of the map: as with
/// bpf-linker, structures lose it, and their names.
/// </para>
/// <para>
/// A data section is called as it is in the object, and a slash in the name, as RedBPF gives to maps and variables, costs the
/// object all of its types in kernels up to 6.1. Loaders that know such sections do not ask for their types: it becomes a number.
/// </para>
/// </summary>
internal static class BtfReplacements
{
    private const string MapMarker = "AyaBtfMapMarker";
    private const uint WordSize = 8;

    /// <summary>Replaces them. Says whether there were any; types are then in other places than they were.</summary>
    public static bool Run(BtfSection btf)
    {
        if (!btf.Types.Any(type => Replacement(btf, type) is not null)) return false;
        btf.Rewrite(type => Replacement(btf, type));
        return true;
    }

    private static byte[]? Replacement(BtfSection btf, BtfType type) => type.Kind switch
    {
        BtfKind.DataSection when btf.Name(type.Offset).Contains('/', StringComparison.Ordinal) =>
            btf.Words(btf.Word(type.Offset), (uint)BtfKind.Int << 24, WordSize, WordSize * 8),
        BtfKind.Struct => WithoutMarker(btf, type),
        _ => null,
    };

    private static byte[]? WithoutMarker(BtfSection btf, BtfType type)
    {
        int[] members = [.. Enumerable.Range(0, type.Count).Select(i => type.Extra + (i * type.EntrySize))];
        int[] settings = [.. members.Where(member => !IsMarker(btf, btf.Word(member + 4)))];
        if (settings.Length == members.Length) return null;
        uint[] kept = [.. settings.SelectMany(member => (uint[])[btf.Word(member), btf.Word(member + 4), btf.Word(member + 8)])];
        return btf.Words([0, ((uint)BtfKind.Struct << 24) | (uint)settings.Length, btf.Word(type.Offset + 8), .. kept]);
    }

    private static bool IsMarker(BtfSection btf, uint number) =>
        number > 0 && number <= btf.Types.Count && btf.Types[(int)number - 1] is { Kind: BtfKind.Struct } type && btf.Name(type.Offset) == MapMarker;
}
