using System.Buffers.Binary;
using System.Text;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>
/// A .BTF section that is edited: types keep their places, so every type number and every relocation of the section stays
/// right; the strings are made anew, so every name must be set again, by this section and by the one that extends it.
/// </summary>
internal sealed class BtfSection
{
    private const int Magic = 0xeb9f;
    private const int HeaderSize = 24;
    private byte[] data;
    private readonly bool bigEndian;
    private readonly int typesStart;
    private int stringsStart;
    private readonly StringTable texts;
    private readonly List<byte> strings = [0];
    private readonly List<byte> appended = [];
    private uint appendedCount;
    private readonly Dictionary<string, uint> stringOffsets = new() { [""] = 0 };

    /// <exception cref="MalformedInputException">The bytes are not sound type information.</exception>
    public BtfSection(ReadOnlyMemory<byte> section, bool bigEndian)
    {
        var reader = new ByteReader(section, bigEndian);
        if (reader.U16(0) != Magic) throw new MalformedInputException(".BTF does not begin as it should");
        uint header = reader.U32(4);
        typesStart = Position(reader, header, reader.U32(8), reader.U32(12));
        stringsStart = Position(reader, header, reader.U32(16), reader.U32(20));
        if (typesStart < HeaderSize) throw new MalformedInputException(".BTF has its types in its header");
        if (stringsStart < typesStart + (long)reader.U32(12)) throw new MalformedInputException(".BTF has its strings before the end of its types");
        if (stringsStart + (int)reader.U32(20) != section.Length) throw new MalformedInputException(".BTF does not end with its strings");
        data = section.ToArray();
        texts = new StringTable(new ByteReader(section[stringsStart..]));
        this.bigEndian = bigEndian;
        Types = ReadTypes(typesStart, typesStart + (int)reader.U32(12));
    }

    /// <summary>A section without types.</summary>
    public static byte[] Empty(bool bigEndian)
    {
        byte[] section = new byte[25];
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(section, Magic);
        else BinaryPrimitives.WriteUInt16LittleEndian(section, Magic);
        section[2] = 1;
        section[bigEndian ? 7 : 4] = 24;
        section[bigEndian ? 23 : 20] = 1;
        return section;
    }

    /// <summary>All types; the type with number 1 comes first.</summary>
    public IReadOnlyList<BtfType> Types { get; private set; }

    public uint Word(int offset) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(offset)) : BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(offset));

    public void SetWord(int offset, uint value) => Write(data, offset, value);

    /// <summary>The name whose string offset is the word at <paramref name="offset"/>.</summary>
    public string Name(int offset) => StringAt(Word(offset));

    /// <summary>The string at an offset into the original strings.</summary>
    public string StringAt(uint offset) => texts[offset];

    public void SetName(int offset, string name) => SetWord(offset, Add(name));

    /// <summary>The offset of a string among the new ones.</summary>
    public uint Add(string text)
    {
        if (stringOffsets.TryGetValue(text, out uint at)) return at;
        at = (uint)strings.Count;
        strings.AddRange(Encoding.UTF8.GetBytes(text + '\0'));
        return stringOffsets[text] = at;
    }

    /// <summary>The members, values or parameters of a type, reordered by a key that is read from each.</summary>
    public void SortEntries(BtfType type, Func<int, uint> key)
    {
        int[] offsets = [.. Enumerable.Range(0, type.Count).Select(i => type.Extra + (i * type.EntrySize))];
        int[] sorted = [.. offsets.OrderBy(key)];
        if (sorted.SequenceEqual(offsets)) return;
        byte[] entries = [.. sorted.SelectMany(offset => data.AsSpan(offset, type.EntrySize).ToArray())];
        entries.CopyTo(data, type.Extra);
    }

    /// <summary>Puts others in the place of types, under the same numbers, and more behind them. All names are those of before.</summary>
    /// <param name="replacement">The bytes of another type; null for one that stays.</param>
    /// <param name="more">The bytes of further types, the first of which has the number that is given.</param>
    public void Rewrite(Func<BtfType, byte[]?> replacement, Func<uint, IEnumerable<byte[]>>? more = null)
    {
        byte[] kept = data[stringsStart..];
        strings.Clear();
        strings.AddRange(kept);
        IEnumerable<byte[]> rewritten = Types.Select(type => replacement(type) ?? data.AsSpan(type.Offset, type.Size).ToArray());
        byte[] types = [.. rewritten.Concat(more?.Invoke((uint)Types.Count + 1) ?? []).SelectMany(static type => type)];
        data = [.. data[..typesStart], .. types, .. kept];
        stringsStart = typesStart + types.Length;
        SetWord(12, (uint)types.Length);
        SetWord(16, Word(8) + (uint)types.Length);
        Types = ReadTypes(typesStart, stringsStart);
    }

    /// <summary>The bytes of an integer type of some bytes.</summary>
    public byte[] Integer(uint size) => Words(Add("reduced"), (uint)BtfKind.Int << 24, size, size * 8);

    /// <summary>The bytes of a type that refers to another and has no name.</summary>
    public byte[] Reference(BtfKind kind, uint type) => Words(0, (uint)kind << 24, type);

    /// <summary>Words in this section's byte order.</summary>
    public byte[] Words(params ReadOnlySpan<uint> words)
    {
        byte[] bytes = new byte[words.Length * 4];
        for (int i = 0; i < words.Length; i++) Write(bytes, i * 4, words[i]);
        return bytes;
    }

    /// <summary>Puts a type behind all others, and gives its number.</summary>
    public uint Append(params ReadOnlySpan<uint> words)
    {
        appended.AddRange(Words(words));
        return (uint)Types.Count + ++appendedCount;
    }

    /// <summary>The edited section.</summary>
    public byte[] ToBytes()
    {
        int typesEnd = typesStart + (int)Word(12);
        byte[] section = [.. data.AsSpan(0, typesEnd), .. appended, .. data.AsSpan(typesEnd, stringsStart - typesEnd), .. strings];
        Write(section, 12, Word(12) + (uint)appended.Count);
        Write(section, 16, Word(16) + (uint)appended.Count);
        Write(section, 20, (uint)strings.Count);
        return section;
    }

    private void Write(byte[] target, int offset, uint value)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(target.AsSpan(offset), value);
        else BinaryPrimitives.WriteUInt32LittleEndian(target.AsSpan(offset), value);
    }

    private static int Position(ByteReader reader, uint header, uint offset, uint length)
    {
        ulong start = (ulong)header + offset;
        reader.Slice(start, length);
        return (int)start;
    }

    private List<BtfType> ReadTypes(int start, int end)
    {
        var types = new List<BtfType>();
        for (int at = start; at < end;)
        {
            if (end - at < BtfType.HeaderSize) throw new MalformedInputException(".BTF ends within a type");
            uint info = Word(at + 4);
            var type = new BtfType(at, (BtfKind)((info >> 24) & 0x1f), (int)(info & 0xffff));
            if (type.Kind is BtfKind.Void or > BtfKind.Enum64) throw new MalformedInputException($".BTF has a type of unknown kind {(int)type.Kind}");
            if (type.Size > end - at) throw new MalformedInputException(".BTF ends within a type");
            types.Add(type);
            at += type.Size;
        }

        return types;
    }
}
