namespace BpfIncr.Stages.Elf;

/// <summary>Removes from a BPF object what no loader reads.</summary>
internal static class ObjectStripper
{
    /// <summary>The object without DWARF, unwind tables, and a <c>.text</c> that holds nothing.</summary>
    /// <exception cref="MalformedInputException">The bytes are not a sound object.</exception>
    public static byte[] Strip(ReadOnlyMemory<byte> data) => ElfWriter.Write(ElfFile.Read(data), IsNeeded, static section => section.Data);

    private static bool IsNeeded(ElfSection section) =>
        !section.Name.StartsWith(".debug_", StringComparison.Ordinal) &&
        !section.Name.StartsWith(".llvm", StringComparison.Ordinal) &&
        section.Name is not (".eh_frame" or ".comment" or ".note.GNU-stack") &&
        !(section.Name == ".text" && section.Size == 0);
}
