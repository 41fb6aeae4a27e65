using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Verify;

/// <summary>
/// The license of an object that has none: aya's loader takes it as under the GPL, libbpf as under nothing that the kernel knows. As with
/// maps, only the copy that is loaded is changed.
/// </summary>
internal static class DefaultLicense
{
    private const string License = "license";

    /// <summary>The object with a license; the same bytes when it has one.</summary>
    /// <exception cref="MalformedInputException">The object is damaged.</exception>
    public static byte[] Add(byte[] content)
    {
        ElfFile file = ElfFile.Read(content);
        if (file.Sections.Any(static section => section.Name == License)) return content;
        byte[] text = "GPL\0"u8.ToArray();
        // Behind the others, so that every section keeps its number.
        ElfSection added = new(License, ElfSection.Progbits, ElfSection.FlagAlloc, 0, 0, 0, 1, 0, (ulong)text.Length, text);
        return ElfWriter.Write(file.With([.. file.Sections, added], file.Symbols), static _ => true, static section => section.Data);
    }
}
