using System.Buffers.Binary;
using System.Text;

namespace BpfIncr.Stages.Tests;

/// <summary>
/// Makes ELF files, archives and type information whose form is right, and whose counts, offsets, sizes, numbers and names may say
/// what is not so: sections overlap, types refer to themselves, names have no end.
/// </summary>
/// <param name="random">Where choices come from.</param>
internal sealed class LyingFiles(Random random)
{
    private const int SectionHeader = 64, FirstPart = 64;
    private static readonly uint[] Numbers = [0, 1, 2, 3, 7, 8, 23, 24, 25, 0x7f, 0xff, 0xfeff, 0xff00, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];

    private static readonly string[] Names =
        [".text", ".BTF", ".BTF.ext", ".rel.BTF", ".rel.BTF.ext", ".maps", "maps", "maps/counts", ".symtab", ".strtab", "tc_action/prog", "xdp", ".reltc_action/prog", ".llvmbc", ".debug_info", "", "é<T>", "\uFFFD"];

    private bool bigEndian;
    private int honesty;

    /// <summary>The next object.</summary>
    public byte[] Object()
    {
        (bigEndian, honesty) = (random.Next(8) == 0, Honesty());
        byte[] strings = Strings(out uint[] offsets);
        var sections = new List<(uint Name, uint Type, byte[] Data)> { (0, 0, []), (offsets[9], 3, strings), (offsets[8], 2, Symbols(offsets)) };
        byte[] types = Types(out int typeCount, out uint[] typeNames);
        if (random.Next(8) != 0) sections.Add((offsets[1], 1, types));
        if (random.Next(8) != 0) sections.Add((offsets[2], 1, Extension(typeCount, typeNames)));
        for (int more = random.Next(6); more > 0; more--) sections.Add(Section(offsets));
        return File(sections);
    }

    /// <summary>The next archive.</summary>
    public byte[] Archive()
    {
        honesty = Honesty();
        var bytes = new List<byte>(Encoding.ASCII.GetBytes(random.Next(12) == 0 ? "!<thin>\n" : "!<arch>\n"));
        if (random.Next(2) == 0) AddIndex(bytes, wide: random.Next(3) == 0);
        if (random.Next(2) == 0) Member(bytes, "//", Encoding.UTF8.GetBytes("a_rather_long_member_name.o/\n" + Pick(Names) + "/\n" + new string('x', random.Next(40))));
        for (int members = random.Next(1, 5); members > 0; members--)
            Member(bytes, random.Next(5) switch { 0 => $"/{Small(64)}", 1 => $"#1/{Small(64)}", 2 => "lib.rmeta", _ => "object.o/" }, Content());
        return [.. bytes];
    }

    /// <summary>The next type information.</summary>
    public byte[] TypeInformation()
    {
        (bigEndian, honesty) = (false, Honesty());
        return Types(out _, out _);
    }

    // One value of so many lies: from most of a file to none.
    private int Honesty() => 1 << random.Next(2, 13);

    private byte[] Content() => random.Next(4) switch
    {
        0 => Object(),
        1 => [0x42, 0x43, 0xc0, 0xde, .. Bytes(random.Next(40))],
        2 => Words(0x0b17c0de, 0, Value(20), Value(8), 0, 0xdec04342, 9),
        _ => Bytes(random.Next(40)),
    };

    private void AddIndex(List<byte> bytes, bool wide)
    {
        bigEndian = true;
        var names = Enumerable.Range(0, random.Next(5)).Select(_ => Pick(Names) + '\0').ToList();
        IEnumerable<byte> numbers = Enumerable.Repeat(8u, names.Count).Prepend((uint)names.Count).SelectMany(number => wide ? Wide(number) : Words(Value(number)));
        Member(bytes, wide ? "/SYM64/" : "/", [.. numbers, .. Encoding.UTF8.GetBytes(string.Concat(names))]);
    }

    private void Member(List<byte> bytes, string name, byte[] content)
    {
        string size = Lies() ? Pick("", "-1", "18446744073709551615", "9999999999", $"{Value(4)}", "٣") : $"{content.Length}";
        bytes.AddRange(Encoding.UTF8.GetBytes($"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{size,-10}`\n"));
        bytes.AddRange(content);
        if (content.Length % 2 == 1) bytes.Add((byte)'\n');
    }

    // Sections lie one behind the other, where they do not lie about it.
    private byte[] File(List<(uint Name, uint Type, byte[] Data)> sections)
    {
        var (body, headers) = (new List<byte>(new byte[FirstPart]), new List<byte>());
        foreach ((uint name, uint type, byte[] data) in sections)
        {
            (uint link, uint info) = type switch { 2 => (1u, Small(3)), 4 or 9 => (2u, (uint)random.Next(sections.Count)), _ => (0u, 0u) };
            uint flags = type == 1 ? Pick(0u, 2u, 6u) : 0;
            headers.AddRange([
                .. Words(Value(name), Value(type)), .. Wide(flags), .. Wide(0), .. Wide((uint)body.Count), .. Wide((uint)data.Length),
                .. Words(Value(link), Value(info)), .. Wide(8), .. Wide(0)]);
            body.AddRange(data);
        }

        byte[] file = [.. body, .. headers];
        byte[] identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, (byte)(bigEndian ? 2 : 1), 1];
        identity.CopyTo(file, 0);
        Wide((uint)body.Count).CopyTo(file, 40);
        (int At, ushort Value)[] halves = [(16, 1), (18, 247), (58, SectionHeader), (60, (ushort)sections.Count), (62, 1)];
        foreach ((int at, ushort value) in halves) Half(file.AsSpan(at), (ushort)Value(value));
        return file;
    }

    private (uint Name, uint Type, byte[] Data) Section(uint[] offsets)
    {
        uint type = Pick<uint>(1, 1, 1, 8, 9, 9, 4, 2, 3);
        byte[] data = type switch
        {
            4 or 9 => [.. Enumerable.Range(0, random.Next(5)).SelectMany(_ => (byte[])[.. Wide(8), .. Words(bigEndian ? [Value(Small(5)), 2] : [2, Value(Small(5))]), .. type == 4 ? Wide(0) : []])],
            _ => Bytes(random.Next(8) * 8),
        };
        return (Pick(offsets), type, data);
    }

    private byte[] Symbols(uint[] offsets)
    {
        var bytes = new List<byte>(new byte[24]);
        for (int count = random.Next(1, 8); count > 0; count--)
        {
            byte[] symbol = [.. Words(Value(Pick(offsets))), (byte)((random.Next(3) << 4) | random.Next(5)), 0, 0, 0, .. Wide(8 * Small(4)), .. Wide(8)];
            Half(symbol.AsSpan(6), (ushort)Value((uint)random.Next(9)));
            bytes.AddRange(symbol);
        }

        return [.. bytes];
    }

    private byte[] Types(out int count, out uint[] names)
    {
        byte[] strings = Strings(out names);
        var types = new List<byte>();
        count = random.Next(12);
        for (int i = 0; i < count; i++) types.AddRange(Type(count, names));
        uint lengthOfTypes = (uint)types.Count;
        byte[] magic = new byte[4];
        Half(magic, 0xeb9f);
        magic[2] = 1;
        return [.. magic, .. Words(Value(24), Value(0), Value(lengthOfTypes), Value(lengthOfTypes), Value((uint)strings.Length)), .. types, .. strings];
    }

    // Each type that it refers to may be the type itself, or one behind it.
    private byte[] Type(int types, uint[] names)
    {
        uint kind = (uint)random.Next(1, 20);
        int entries = kind is 4 or 5 or 6 or 13 or 15 or 19 ? random.Next(4) : 0;
        int extra = kind switch { 1 or 14 or 17 => 1, 3 => 3, 4 or 5 or 15 or 19 => 3 * entries, 6 or 13 => 2 * entries, _ => 0 };
        if (Lies()) kind = Number() & 0x1f;
        uint info = (kind << 24) | (Lies() ? Number() & 0xffff : (uint)entries) | (random.Next(16) == 0 ? 0x80000000 : 0);
        return Words([Value(Pick(names)), info, Value((uint)random.Next(types + 1)), .. Enumerable.Range(0, extra).Select(i => i % 3 == 0 ? Value(Pick(names)) : Value((uint)random.Next(types + 1)))]);
    }

    private byte[] Extension(int types, uint[] names)
    {
        byte[][] parts = [Part(types, names, 2), Part(types, names, 4), Part(types, names, 4)];
        byte[] magic = new byte[4];
        Half(magic, 0xeb9f);
        var header = new List<byte>([.. magic, .. Words(Value(32))]);
        uint at = 0;
        foreach (byte[] part in parts)
        {
            header.AddRange(Words(Value(at), Value((uint)part.Length)));
            at += (uint)part.Length;
        }

        return [.. header, .. parts.SelectMany(static part => part)];
    }

    // The size of a record, and for each section its name, a count and so many records.
    private byte[] Part(int types, uint[] names, int words)
    {
        var part = new List<byte>(Words(Value((uint)words * 4)));
        for (int sections = random.Next(3); sections > 0; sections--)
        {
            uint records = (uint)random.Next(4);
            part.AddRange(Words(Value(Pick(names)), Value(records)));
            for (; records > 0; records--)
                part.AddRange(Words([Value(8), Value(words == 2 ? (uint)random.Next(types + 1) : Pick(names)), .. Enumerable.Range(2, words - 2).Select(_ => Value(Pick(names)))]));
        }

        return [.. part];
    }

    private byte[] Strings(out uint[] offsets)
    {
        var (bytes, at) = (new List<byte> { 0 }, new List<uint>());
        foreach (string name in Names)
        {
            at.Add((uint)bytes.Count);
            bytes.AddRange(Encoding.UTF8.GetBytes(name));
            if (random.Next(200) == 0) bytes.AddRange(Bytes(random.Next(300)));
            bytes.Add(0);
        }

        if (Lies()) bytes[^1] = (byte)'x';
        offsets = [.. at];
        return [.. bytes];
    }

    private bool Lies() => random.Next(honesty) == 0;

    private uint Value(uint truth) => Lies() ? random.Next(3) == 0 ? truth + Small(16) - 8 : Number() : truth;

    private uint Number() => random.Next(3) == 0 ? (uint)random.NextInt64(1L << 32) : Pick(Numbers);

    private uint Small(int below) => (uint)random.Next(below);

    private T Pick<T>(params T[] values) => values[random.Next(values.Length)];

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Words(params ReadOnlySpan<uint> words)
    {
        byte[] bytes = new byte[words.Length * 4];
        for (int i = 0; i < words.Length; i++)
        {
            if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * 4), words[i]);
            else BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), words[i]);
        }

        return bytes;
    }

    // A number of 64 bits.
    private byte[] Wide(uint truth)
    {
        (uint low, uint high) = (Value(truth), Lies() ? Number() : 0);
        return bigEndian ? Words(high, low) : Words(low, high);
    }

    private void Half(Span<byte> at, ushort value)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(at, value);
        else BinaryPrimitives.WriteUInt16LittleEndian(at, value);
    }
}
