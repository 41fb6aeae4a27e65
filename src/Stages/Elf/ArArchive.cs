using System.Globalization;
using System.Text;

namespace BpfIncr.Stages.Elf;

/// <summary>The members of a Unix archive, with GNU's and BSD's long names.</summary>
internal static class ArArchive
{
    private const int HeaderSize = 60;

    public static bool HasMagic(ReadOnlySpan<byte> data) => data.StartsWith("!<arch>\n"u8) || data.StartsWith("!<thin>\n"u8);

    /// <exception cref="MalformedInputException">The archive is damaged, or thin: a thin one has no contents.</exception>
    public static IEnumerable<(string Name, ReadOnlyMemory<byte> Content)> Members(ReadOnlyMemory<byte> data)
    {
        if (data.Span.StartsWith("!<thin>\n"u8)) throw new MalformedInputException("thin archives hold no members, only their names");
        var reader = new ByteReader(data);
        ReadOnlyMemory<byte> longNames = default;
        for (ulong at = 8; at < (ulong)data.Length;)
        {
            ReadOnlyMemory<byte> header = reader.Slice(at, HeaderSize);
            if (!header.Span[58..].SequenceEqual("`\n"u8)) throw new MalformedInputException($"no archive member begins at byte {at}");
            ulong size = Number(header.Span[48..58]);
            ReadOnlyMemory<byte> content = reader.Slice(at + HeaderSize, size);
            at += HeaderSize + size + (size & 1);
            string name = Encoding.UTF8.GetString(header.Span[..16]).TrimEnd(' ');
            if (name == "//") longNames = content;
            else if (name is "/" or "/SYM64/") continue;
            else yield return Named(name, content, longNames);
        }
    }

    private static (string Name, ReadOnlyMemory<byte> Content) Named(string name, ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> longNames)
    {
        if (name.StartsWith("#1/", StringComparison.Ordinal))
        {
            ulong length = Number(Encoding.ASCII.GetBytes(name[3..]));
            var reader = new ByteReader(content);
            string bsd = Encoding.UTF8.GetString(reader.Slice(0, length).Span).TrimEnd('\0');
            return (bsd, reader.Slice(length, (ulong)content.Length - length));
        }

        if (name.Length > 1 && name[0] == '/' && char.IsAsciiDigit(name[1]))
        {
            ulong offset = Number(Encoding.ASCII.GetBytes(name[1..]));
            ReadOnlySpan<byte> rest = new ByteReader(longNames).Slice(offset, (ulong)longNames.Length - Math.Min(offset, (ulong)longNames.Length)).Span;
            int end = rest.IndexOf((byte)'\n');
            return (Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]).TrimEnd('/'), content);
        }

        return (name.TrimEnd('/'), content);
    }

    private static ulong Number(ReadOnlySpan<byte> digits) =>
        ulong.TryParse(Encoding.ASCII.GetString(digits).TrimEnd(' '), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new MalformedInputException("an archive member's header is damaged");
}
