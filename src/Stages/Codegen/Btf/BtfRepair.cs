using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>
/// Makes the type information that LLVM writes for Rust acceptable to the kernel, which checks every name and refuses the
/// whole section for one bad type; and without it refuses every program that uses BTF-defined maps.
/// <para>
/// It works on the finished section and not on the debug info in the IR. The kernel's rules are about this format, which
/// is documented and does not change, while the layout of LLVM's metadata does with every version.
/// </para>
/// <para>
/// The rules: names are C identifiers, except those of data sections; pointers, qualifiers and prototypes have none;
/// a function's parameters all have one; members are in the order of their offsets; a function is global only when its
/// symbol is, for the verifier checks a global function without knowing what its callers pass. A union's
/// members all begin where it does. (What LLVM leaves out, the type <c>char</c>, patch has replaced in the IR.)
/// </para>
/// <para>
/// Source lines keep their file and number and lose their text, which LLVM reads from the source files if it happens to
/// find them: an object must not depend on a file that is no input.
/// </para>
/// </summary>
internal static class BtfRepair
{
    private const uint StaticLinkage = 0;
    private const uint GlobalLinkage = 1;

    /// <summary>The object with its type information repaired; the same object when it has none.</summary>
    /// <exception cref="MalformedInputException">The object or its type information is damaged.</exception>
    public static byte[] Run(byte[] objectFile)
    {
        ElfFile file = ElfFile.Read(objectFile);
        if (file.Sections.FirstOrDefault(static section => section.Name == ".BTF") is not { } section) return objectFile;
        var btf = new BtfSection(section.Data, file.BigEndian);
        bool hasMoved = BtfReplacements.Run(btf);
        BtfForwards.Run(btf);
        foreach (BtfType type in btf.Types) Repair(btf, type);
        BtfUnions.Run(btf);
        ElfSection? extension = file.Sections.FirstOrDefault(static section => section.Name == ".BTF.ext");
        byte[] extended = extension is null ? [] : new BtfExtension(file, extension, btf).Repair(SetLinkage);
        byte[] repaired = btf.ToBytes();
        // What is left of places in it would be of others; loaders go by the symbols.
        return ElfWriter.Write(file, each => !hasMoved || each.Name != ".rel.BTF", each =>
            each == section ? repaired : each == extension ? extended : each.Data);

        void SetLinkage(int number, bool isGlobal)
        {
            BtfType type = btf.Types[number - 1];
            if (type.Kind == BtfKind.Function)
                btf.SetWord(type.Offset + 4, ((uint)BtfKind.Function << 24) | (isGlobal ? GlobalLinkage : StaticLinkage));
        }
    }

    private static void Repair(BtfSection btf, BtfType type)
    {
        switch (type.Kind)
        {
            case BtfKind.DataSection:
                btf.SetName(type.Offset, btf.Name(type.Offset));
                return;
            case BtfKind.Pointer or BtfKind.Array or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.Prototype:
                btf.SetName(type.Offset, "");
                break;
            default:
                RepairName(btf, type.Offset);
                break;
        }

        for (int i = 0; i < type.Count && type.EntrySize > 0; i++)
        {
            int entry = type.Extra + (i * type.EntrySize);
            if (type.Kind == BtfKind.Prototype && btf.Word(entry) == 0 && btf.Word(entry + 4) != 0) btf.SetName(entry, $"argument{i}");
            else RepairName(btf, entry);
        }

        // A bit field's size is in the top byte when the type says so; Rust has none.
        if (type.Kind == BtfKind.Struct) btf.SortEntries(type, entry => btf.Word(entry + 8) & 0xffffff);
    }

    private static void RepairName(BtfSection btf, int offset) => btf.SetName(offset, BtfNames.ToIdentifier(btf.Name(offset)));
}
