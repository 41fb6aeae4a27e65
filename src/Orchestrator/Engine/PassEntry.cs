using System.Buffers.Binary;
using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// One path of a <see cref="PassRecord"/>. Its bytes are, in little-endian order: the path's length (2), flags (1), the
/// four numbers of the stamp (8 each), the digest's hash (32) and size (8), then the path in UTF-8 and a zero.
/// </summary>
/// <param name="Stamp">What the file system said of it.</param>
/// <param name="Digest">Its content, or the names in it.</param>
/// <param name="IsRacy">Whether the stamp proves nothing.</param>
/// <param name="IsDirectory">Whether the names in it were looked at, not its content.</param>
/// <param name="IsSource">Whether it matters to some probes only.</param>
internal readonly record struct PassEntry(FileStamp Stamp, Digest Digest, bool IsRacy, bool IsDirectory, bool IsSource)
{
    private const int FlagsAt = 2, StampAt = 3, DigestAt = StampAt + 32, PathAtOffset = DigestAt + Digest.HashLength + 8;
    private const byte DirectoryFlag = 1, SourceFlag = 2, RacyFlag = 4;

    /// <summary>An entry for a file that nothing is known of: whatever is there next time differs from it.</summary>
    public static PassEntry NeverSame(bool isSource) => new(FileStamp.Missing, Digest.OfText("never the same"), IsRacy: true, IsDirectory: false, isSource);

    /// <summary>What the path holds now.</summary>
    public RememberedFile Read(string path) => IsDirectory ? FileTable.ReadListing(path) : FileTable.ReadFile(path);

    /// <summary>Whether that is what it held, whatever the stamps say.</summary>
    public bool IsSame(RememberedFile now) => now.Stamp.Exists == Stamp.Exists && now.Digest == Digest;

    /// <summary>Whether the stamp at <paramref name="offset"/> proves that the path there is as it was.</summary>
    public static bool HasSameStampAt(byte[] content, int offset) =>
        (content[offset + FlagsAt] & RacyFlag) == 0
        && FileStamp.Of(content.AsSpan(offset + PathAtOffset, PathLength(content, offset) + 1)) == StampIn(content.AsSpan(offset));

    /// <summary>The entry at <paramref name="offset"/>.</summary>
    public static PassEntry At(byte[] content, int offset)
    {
        var entry = content.AsSpan(offset);
        var flags = entry[FlagsAt];
        var size = BinaryPrimitives.ReadInt64LittleEndian(entry[(DigestAt + Digest.HashLength)..]);
        return new PassEntry(
            StampIn(entry), Digest.FromBytes(entry.Slice(DigestAt, Digest.HashLength), size),
            (flags & RacyFlag) != 0, (flags & DirectoryFlag) != 0, (flags & SourceFlag) != 0);
    }

    /// <summary>The path at <paramref name="offset"/>.</summary>
    public static string PathAt(byte[] content, int offset) =>
        Encoding.UTF8.GetString(content, offset + PathAtOffset, PathLength(content, offset));

    /// <summary>The number of bytes of the entry at <paramref name="offset"/>.</summary>
    public static int Length(byte[] content, int offset) => PathAtOffset + PathLength(content, offset) + 1;

    /// <summary>Whether an entry can be read at <paramref name="offset"/>: whole, and with a path and one zero, at the path's end.</summary>
    public static bool IsAt(byte[] content, int offset) =>
        content.Length - offset > PathAtOffset
        && content.Length - offset >= Length(content, offset)
        && PathLength(content, offset) > 0
        && content.AsSpan(offset + PathAtOffset).IndexOf((byte)0) == PathLength(content, offset);

    /// <summary>The bytes of this entry for a path.</summary>
    public byte[] ToBytes(string path)
    {
        var length = Encoding.UTF8.GetByteCount(path);
        var bytes = new byte[PathAtOffset + length + 1];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)length));
        bytes[FlagsAt] = (byte)((IsDirectory ? DirectoryFlag : 0) | (IsSource ? SourceFlag : 0) | (IsRacy ? RacyFlag : 0));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(StampAt), Stamp.Size);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(StampAt + 8), Stamp.Modified);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(StampAt + 16), Stamp.Changed);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(StampAt + 24), Stamp.Inode);
        Digest.ToBytes().CopyTo(bytes, DigestAt);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(DigestAt + Digest.HashLength), Digest.Size);
        Encoding.UTF8.GetBytes(path, bytes.AsSpan(PathAtOffset));
        return bytes;
    }

    private static int PathLength(byte[] content, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(offset));

    private static FileStamp StampIn(ReadOnlySpan<byte> entry) => new(
        BinaryPrimitives.ReadInt64LittleEndian(entry[StampAt..]),
        BinaryPrimitives.ReadInt64LittleEndian(entry[(StampAt + 8)..]),
        BinaryPrimitives.ReadInt64LittleEndian(entry[(StampAt + 16)..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[(StampAt + 24)..]));
}
