namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>
/// Has all members of a union begin where the union does. LLVM makes a union of an enum with data, with its tag as a member; where the tag
/// is a value that a field of a variant never has, such as in <c>Option&lt;(u64, bool)&gt;</c>, it is somewhere else. A structure of the
/// union's size, which has the member at its place, is then the member.
/// </summary>
internal static class BtfUnions
{
    public static void Run(BtfSection btf)
    {
        foreach (BtfType union in btf.Types.Where(static type => type.Kind == BtfKind.Union))
        {
            for (int i = 0; i < union.Count; i++)
            {
                int member = union.Extra + (i * union.EntrySize);
                uint size = btf.Word(union.Offset + 8), place = btf.Word(member + 8);
                if (place == 0) continue;
                btf.SetWord(member + 4, btf.Append(0, ((uint)BtfKind.Struct << 24) | 1, size, btf.Word(member), btf.Word(member + 4), place));
                btf.SetWord(member, 0);
                btf.SetWord(member + 8, 0);
            }
        }
    }
}
