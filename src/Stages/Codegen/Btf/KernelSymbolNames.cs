using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>Reads which symbols an object's type information says to be the kernel's: loaders go by nothing else.</summary>
internal static class KernelSymbolNames
{
    private const int VariableSize = 12;

    /// <summary>Their names.</summary>
    /// <exception cref="MalformedInputException">The object or its type information is damaged.</exception>
    public static HashSet<string> Of(byte[] objectFile)
    {
        ElfFile file = ElfFile.Read(objectFile);
        if (file.Sections.FirstOrDefault(static section => section.Name == ".BTF") is not { } section) return [];
        var btf = new BtfSection(section.Data, file.BigEndian);
        return [.. btf.Types
            .Where(type => type.Kind == BtfKind.DataSection && btf.Name(type.Offset) == LlvmModule.KernelSection)
            .SelectMany(static type => Enumerable.Range(0, type.Count).Select(i => type.Extra + (i * VariableSize)))
            .Select(entry => btf.Word(entry))
            .Where(number => number > 0 && number <= btf.Types.Count)
            .Select(number => btf.Name(btf.Types[(int)number - 1].Offset))];
    }
}
