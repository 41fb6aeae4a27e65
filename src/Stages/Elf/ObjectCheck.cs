using System.Collections.Immutable;

namespace BpfIncr.Stages.Elf;

/// <summary>
/// Reads an object back before anything believes in it: codegen has been seen to report an error and hand out a
/// plausible file.
/// </summary>
public static class ObjectCheck
{
    /// <summary>What is wrong with a BPF object; empty when it can be loaded as far as its form tells.</summary>
    /// <param name="data">The object.</param>
    /// <param name="requiresProgram">Whether it has to have a program.</param>
    /// <param name="kernelSymbols">The names of symbols that its type information says to be the kernel's.</param>
    public static ImmutableArray<Diagnostic> Run(ReadOnlyMemory<byte> data, bool requiresProgram = true, IReadOnlySet<string>? kernelSymbols = null)
    {
        try
        {
            ElfFile file = ElfFile.Read(data);
            if (file.FileType != ElfFile.Relocatable || file.Machine != ElfFile.MachineBpf)
                return [Diagnostic.Error("BPFI2502", "the file is not a relocatable BPF object")];
            return [.. requiresProgram ? Programs(file) : [], .. Unresolved(file).Where(finding => kernelSymbols?.Contains(finding.Symbol) != true).Select(static finding => Describe(finding.Symbol, finding.Function))];
        }
        catch (MalformedInputException e)
        {
            return [Diagnostic.Error("BPFI2501", $"the object is damaged: {e.Message}")];
        }
    }

    private static IEnumerable<Diagnostic> Programs(ElfFile file)
    {
        bool any = file.Sections.Any(static section =>
            section.Type == ElfSection.Progbits && (section.Flags & ElfSection.FlagExecutable) != 0 && section.Size > 0
            // What has no section of its own is a function that programs call: no loader takes it for a program.
            && section.Name != ".text");
        if (!any)
        {
            yield return Diagnostic.Error(
                "BPFI2503", "the object has no program",
                "Mark the function #[no_mangle] pub extern \"C\" and give it a #[link_section].");
        }
    }

    private static IEnumerable<(string Symbol, string? Function)> Unresolved(ElfFile file)
    {
        var reported = new HashSet<(string, string?)>();
        foreach (ElfSection section in file.Sections.Where(static section => section.Type is ElfSection.Rel or ElfSection.Rela))
        {
            if (section.Info >= file.Sections.Count) throw new MalformedInputException($"section {section.Name} is for a section that does not exist");
            if ((file.Sections[(int)section.Info].Flags & ElfSection.FlagAlloc) == 0) continue;
            foreach ((ulong offset, int index, _) in file.RelocationsOf(section))
            {
                ElfSymbol symbol = file.Symbols[index];
                if (symbol.Section != ElfSymbol.Undefined || symbol.Name.Length == 0) continue;
                string? function = FunctionAt(file, section.Info, offset);
                if (reported.Add((symbol.Name, function))) yield return (symbol.Name, function);
            }
        }
    }

    private static Diagnostic Describe(string symbol, string? function)
    {
        string name = Llvm.RustSymbol.Demangle(symbol);
        string by = function is null ? "" : $", which {Llvm.RustSymbol.Demangle(function)} needs";
        return Diagnostic.Error("BPFI2504", $"unresolved symbol {name}{by}", "Define it, or remove the use.") with
        {
            Function = function is null ? null : Llvm.RustSymbol.Demangle(function),
        };
    }

    private static string? FunctionAt(ElfFile file, uint section, ulong offset) => file.Symbols
        .Where(symbol => symbol.Section == section && symbol.Type == ElfSymbol.TypeFunction && symbol.Value <= offset && offset - symbol.Value < symbol.Size)
        .Select(static symbol => symbol.Name)
        .FirstOrDefault();
}
