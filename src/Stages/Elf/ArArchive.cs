using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace BpfIncr.Stages.Elf;

/// <summary>One member of an archive.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Symbols">What it defines, by the archive's symbol index; null when the archive has none.</param>
internal readonly record struct ArMember(string Name, ReadOnlyMemory<byte> Content, ImmutableArray<string>? Symbols);

/// <summary>The members of a Unix archive, with GNU's and BSD's long names and GNU's symbol index.</summary>
internal static class ArArchive
{
    private const int HeaderSize = 60;

    public static bool HasMagic(ReadOnlySpan<byte> data) => data.StartsWith("!<arch>\n"u8) || data.StartsWith("!<thin>\n"u8);

    /// <param name="data">The archive.</param>
    /// <param name="thin">Reads what a thin archive only names; null where there is nothing to read it from.</param>
    /// <exception cref="MalformedInputException">The archive is damaged, or thin and its members are not to be had.</exception>
    public static IEnumerable<ArMember> Members(ReadOnlyMemory<byte> data, ThinMembers? thin = null)
    {
        bool isThin = data.Span.StartsWith("!<thin>\n"u8);
        if (isThin && thin is null) throw new MalformedInputException("thin archives hold no members, only their names");
        var reader = new ByteReader(data);
        ReadOnlyMemory<byte> longNames = default;
        ILookup<ulong, string>? index = null;
        for (ulong at = 8; at < (ulong)data.Length;)
        {
            ReadOnlyMemory<byte> header = reader.Slice(at, HeaderSize);
            if (!header.Span[58..].SequenceEqual("`\n"u8)) throw new MalformedInputException($"no archive member begins at byte {at}");
            ulong size = Number(header.Span[48..58]);
            string name = Encoding.UTF8.GetString(header.Span[..16]).TrimEnd(' ');
            if (isThin && name is not ("/" or "//" or "/SYM64/")) size = 0;
            ReadOnlyMemory<byte> content = reader.Slice(at + HeaderSize, size);
            ulong headerAt = at;
            at += HeaderSize + size + (size & 1);
            if (name == "//") longNames = content;
            else if (name is "/" or "/SYM64/") index = Index(content, wide: name == "/SYM64/");
            else if (isThin) yield return Outside(name, longNames, thin!);
            else yield return Named(name, content, longNames) with { Symbols = index is null ? null : [.. index[headerAt]] };
        }
    }

    // The file may be newer than the index.
    private static ArMember Outside(string name, ReadOnlyMemory<byte> longNames, ThinMembers thin)
    {
        if (name.Contains(':', StringComparison.Ordinal)) throw new MalformedInputException("a member of a thin archive is inside of another archive: name that one, too");
        ArMember member = Named(name, default, longNames);
        return member with { Content = thin.Read(member.Name) };
    }

    // A count, as many offsets of member headers, as many zero-terminated names; numbers are big-endian.
    private static ILookup<ulong, string> Index(ReadOnlyMemory<byte> content, bool wide)
    {
        var reader = new ByteReader(content, bigEndian: true);
        ulong width = wide ? 8u : 4u;
        ulong count = wide ? reader.U64(0) : reader.U32(0);
        if (count > (ulong)content.Length / width) throw new MalformedInputException("the archive's symbol index is damaged");
        ulong name = width * (count + 1);
        var symbols = new List<(ulong Header, string Name)>((int)count);
        for (ulong i = 1; i <= count; i++)
        {
            ReadOnlySpan<byte> text = reader.TextBytes(name);
            symbols.Add((wide ? reader.U64(i * width) : reader.U32(i * width), Encoding.UTF8.GetString(text)));
            name += (ulong)text.Length + 1;
        }

        return symbols.ToLookup(static symbol => symbol.Header, static symbol => symbol.Name);
    }

    private static ArMember Named(string name, ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> longNames)
    {
        if (name.StartsWith("#1/", StringComparison.Ordinal))
        {
            ulong length = Number(Encoding.ASCII.GetBytes(name[3..]));
            var reader = new ByteReader(content);
            string bsd = Encoding.UTF8.GetString(reader.Slice(0, length).Span).TrimEnd('\0');
            return new(bsd, reader.Slice(length, (ulong)content.Length - length), null);
        }

        if (name.Length > 1 && name[0] == '/' && char.IsAsciiDigit(name[1]))
        {
            ulong offset = Number(Encoding.ASCII.GetBytes(name[1..]));
            ReadOnlySpan<byte> rest = new ByteReader(longNames).Slice(offset, (ulong)longNames.Length - Math.Min(offset, (ulong)longNames.Length)).Span;
            int end = rest.IndexOf((byte)'\n');
            return new(Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]).TrimEnd('/'), content, null);
        }

        return new(name.TrimEnd('/'), content, null);
    }

    private static ulong Number(ReadOnlySpan<byte> digits) =>
        ulong.TryParse(Encoding.ASCII.GetString(digits).TrimEnd(' '), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new MalformedInputException("an archive member's header is damaged");
}
