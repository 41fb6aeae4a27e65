namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>
/// Brings the declarations of structures that nothing defines into the order of their names. LLVM numbers them in the order of addresses in
/// its memory, which differs from run to run, and equal inputs must give equal objects.
/// </summary>
internal static class BtfForwards
{
    public static void Run(BtfSection btf)
    {
        int[] places = [.. Enumerable.Range(0, btf.Types.Count).Where(i => btf.Types[i].Kind == BtfKind.Forward)];
        (int Old, string Name, uint Info)[] sorted =
        [
            .. places.Select(i => (i, btf.Name(btf.Types[i].Offset), btf.Word(btf.Types[i].Offset + 4)))
                .OrderBy(static type => type.Item2, StringComparer.Ordinal).ThenBy(static type => type.Item3),
        ];
        if (sorted.Select(static type => type.Old).SequenceEqual(places)) return;
        var numbers = new Dictionary<uint, uint>();
        uint[] names = [.. sorted.Select(type => btf.Word(btf.Types[type.Old].Offset))];
        for (int i = 0; i < places.Length; i++)
        {
            numbers[(uint)sorted[i].Old + 1] = (uint)places[i] + 1;
            BtfType place = btf.Types[places[i]];
            btf.SetWord(place.Offset, names[i]);
            btf.SetWord(place.Offset + 4, sorted[i].Info);
        }

        foreach (int reference in btf.Types.SelectMany(static type => type.References()))
            if (numbers.TryGetValue(btf.Word(reference), out uint number)) btf.SetWord(reference, number);
    }
}
