using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>
/// The type information that old <c>tc</c> loaders understand: what came after kernel 4.18 becomes something that they know and that
/// is as large, under the same number, so that every reference stays right; <c>.BTF.ext</c> goes. As with cargo-bpf, it is for objects
/// with sections <c>tc_action/…</c>, the names that only such a loader is told about.
/// </summary>
internal static class BtfReduction
{
    /// <summary>How the sections of programs for such a loader begin.</summary>
    public const string Section = "tc_action/";

    /// <summary>What to do about data that it cannot relocate.</summary>
    public const string DataHint = "copy the value into a variable before its address is taken: let key = 42; map.get(&key)";

    private const uint PointerSize = 8;

    /// <summary>Whether a function is a program for such a loader.</summary>
    public static unsafe bool IsForTc(LLVMValueRef function) =>
        LlvmText.Borrow(LLVM.LLVMGetSection(function)).StartsWith(Section, StringComparison.Ordinal);

    /// <summary>The object for such a loader; the same object when it is for another.</summary>
    /// <exception cref="MalformedInputException">The object or its type information is damaged.</exception>
    public static byte[] Run(byte[] objectFile)
    {
        ElfFile file = ElfFile.Read(objectFile);
        // Maps with types need a loader that reads them.
        if (!file.Sections.Any(IsForTc) || file.Sections.Any(static section => section.Name == ".maps")) return objectFile;
        return ElfWriter.Write(
            file, static section => section.Name is not (".BTF.ext" or ".rel.BTF"), section => section.Name == ".BTF" ? Reduce(section.Data, file.BigEndian) : section.Data);
    }

    /// <summary>What such a loader cannot do with an object that is for it.</summary>
    /// <exception cref="MalformedInputException">The object is damaged.</exception>
    public static IEnumerable<Diagnostic> Check(byte[] objectFile)
    {
        ElfFile file = ElfFile.Read(objectFile);
        foreach (ElfSection section in file.Sections.Where(static section => section.Type is ElfSection.Rel or ElfSection.Rela))
        {
            if (section.Info >= file.Sections.Count || !IsForTc(file.Sections[(int)section.Info])) continue;
            string name = file.Sections[(int)section.Info].Name;
            List<ElfSymbol> targets = [.. file.RelocationsOf(section).Select(relocation => file.Symbols[relocation.Symbol]).Where(static symbol => symbol.Type == ElfSymbol.TypeSection)];
            if (targets.Exists(symbol => IsCode(file, symbol)))
                yield return Diagnostic.Error("BPFI2422", $"{name} calls a function, which tc cannot relocate", "have it inlined: \"inline\": \"all\"");
            if (targets.Exists(symbol => !IsCode(file, symbol)))
                yield return Diagnostic.Error("BPFI2422", $"{name} uses constant data, which tc cannot relocate", DataHint);
        }
    }

    private static bool IsCode(ElfFile file, ElfSymbol symbol) => symbol.HasSection && (file.Sections[symbol.Section].Flags & ElfSection.FlagExecutable) != 0;

    private static bool IsForTc(ElfSection section) =>
        section.Name.StartsWith(Section, StringComparison.Ordinal) && (section.Flags & ElfSection.FlagExecutable) != 0;

    private static byte[] Reduce(ReadOnlyMemory<byte> section, bool bigEndian)
    {
        var btf = new BtfSection(section, bigEndian);
        btf.Rewrite(type => type.Kind switch
        {
            <= BtfKind.Restrict => null,
            BtfKind.Float or BtfKind.Enum64 => btf.Integer(btf.Word(type.Offset + 8)),
            BtfKind.TypeTag => btf.Reference(BtfKind.Const, btf.Word(type.Offset + 8)),
            BtfKind.Variable or BtfKind.DataSection or BtfKind.Function or BtfKind.DeclarationTag => btf.Integer(PointerSize),
            _ => btf.Reference(BtfKind.Pointer, 0),
        });
        return btf.ToBytes();
    }
}
