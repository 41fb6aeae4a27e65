using System.Buffers.Binary;
using System.Text;

namespace BpfIncr.Stages.Elf;

/// <summary>Bounds-checked reads from untrusted bytes; whatever is out of range is a <see cref="MalformedInputException"/>.</summary>
internal readonly struct ByteReader(ReadOnlyMemory<byte> data, bool bigEndian = false)
{
    public int Length => data.Length;

    public ReadOnlyMemory<byte> Slice(ulong offset, ulong length)
    {
        if (offset > (ulong)data.Length || length > (ulong)data.Length - offset)
            throw new MalformedInputException($"the file ends before byte {offset} + {length}");
        return data.Slice((int)offset, (int)length);
    }

    public byte U8(ulong offset) => Slice(offset, 1).Span[0];

    public ushort U16(ulong offset)
    {
        ReadOnlySpan<byte> bytes = Slice(offset, 2).Span;
        return bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint U32(ulong offset)
    {
        ReadOnlySpan<byte> bytes = Slice(offset, 4).Span;
        return bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong U64(ulong offset)
    {
        ReadOnlySpan<byte> bytes = Slice(offset, 8).Span;
        return bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A zero-terminated string.</summary>
    public string Text(ulong offset) => Encoding.UTF8.GetString(TextBytes(offset));

    /// <summary>The bytes of a zero-terminated string.</summary>
    public ReadOnlySpan<byte> TextBytes(ulong offset)
    {
        ReadOnlySpan<byte> rest = Slice(offset, (ulong)data.Length - Math.Min(offset, (ulong)data.Length)).Span;
        int end = rest.IndexOf((byte)0);
        if (end < 0) throw new MalformedInputException($"the string at byte {offset} has no end");
        return rest[..end];
    }
}
