using System.Collections.Immutable;

namespace BpfIncr.Stages.Elf;

/// <summary>The bitcode in rlibs, static libraries and objects.</summary>
public static class BitcodeArchive
{
    private const uint RawMagic = 0xdec04342;
    private const uint WrapperMagic = 0x0b17c0de;

    /// <summary>
    /// Every module of a file, in order. Members without bitcode, such as <c>lib.rmeta</c>, are left out; those that a thin
    /// archive only names are read.
    /// </summary>
    /// <exception cref="MalformedInputException">The file is damaged, or of no known kind.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ImmutableArray<BitcodeMember> Read(string path) =>
        Read(Path.GetFileName(path), File.ReadAllBytes(path), new ThinMembers(Path.GetDirectoryName(Path.GetFullPath(path))!));

    /// <summary>Every module of a file that is in memory. Text is taken for LLVM's, which is one module.</summary>
    /// <exception cref="MalformedInputException">The file is damaged, or of no known kind, or a thin archive.</exception>
    public static ImmutableArray<BitcodeMember> Read(string name, ReadOnlyMemory<byte> data) => Read(name, data, null);

    private static ImmutableArray<BitcodeMember> Read(string name, ReadOnlyMemory<byte> data, ThinMembers? thin)
    {
        if (!ArArchive.HasMagic(data.Span))
        {
            if (Extract(data) is { } module) return [new BitcodeMember(name, module)];
            if (ElfFile.HasMagic(data.Span)) return [];
            if (IsText(data.Span)) return [new BitcodeMember(name, data) { IsText = true }];
            throw new MalformedInputException($"{name} is neither bitcode nor an object nor an archive");
        }

        try
        {
            return [.. Modules(data, thin)];
        }
        catch (MalformedInputException e)
        {
            throw new MalformedInputException($"{name}: {e.Message}");
        }
    }

    private static IEnumerable<BitcodeMember> Modules(ReadOnlyMemory<byte> archive, ThinMembers? thin)
    {
        foreach (ArMember member in ArArchive.Members(archive, thin))
        {
            if (member.Name != "lib.rmeta" && Extract(member.Content) is { } module) yield return new BitcodeMember(member.Name, module, member.Symbols);
        }
    }

    private static bool IsText(ReadOnlySpan<byte> data) => !data.IsEmpty && !data[..Math.Min(data.Length, 4096)].ContainsAnyInRange((byte)0, (byte)8);

    /// <summary>The raw bitcode inside bytes of any form, or null when there is none.</summary>
    private static ReadOnlyMemory<byte>? Extract(ReadOnlyMemory<byte> data)
    {
        if (Unwrap(data) is { } module) return module;
        if (!ElfFile.HasMagic(data.Span)) return null;
        ElfSection? section = ElfFile.Read(data).Sections.FirstOrDefault(static section => section.Name == ".llvmbc");
        return section is null ? null : Unwrap(section.Data);
    }

    private static ReadOnlyMemory<byte>? Unwrap(ReadOnlyMemory<byte> data)
    {
        if (data.Length < 4) return null;
        var reader = new ByteReader(data);
        if (reader.U32(0) == RawMagic) return data;
        if (reader.U32(0) != WrapperMagic) return null;
        ReadOnlyMemory<byte> inner = reader.Slice(reader.U32(8), reader.U32(12));
        return inner.Length >= 4 && new ByteReader(inner).U32(0) == RawMagic ? inner : null;
    }
}
