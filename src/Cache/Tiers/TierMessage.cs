using System.Buffers.Binary;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Tiers;

/// <summary>What a process that serves a tier is asked for: the methods of <see cref="ICacheTier"/>.</summary>
internal enum TierCall : byte
{
    ReadResult,
    ReadBlob,
    HasBlob,
    WriteBlob,
    AddResult,
    ReplaceResult,
    RemoveResult,
    RemoveBlob,
}

/// <summary>What it answers.</summary>
internal enum TierAnswer : byte
{
    /// <summary>Null, or false.</summary>
    Nothing,

    /// <summary>Bytes, or true.</summary>
    Content,

    /// <summary>It failed; the bytes are the message.</summary>
    Failed,
}

/// <summary>
/// Messages between a process that asks for a tier and the one that serves it, both of the same program:
/// <code>
/// question   1 byte call, 32 bytes hash, 8 bytes size, content
/// answer     1 byte answer, content
/// content    4 bytes length, bytes
/// </code>
/// </summary>
internal static class TierMessage
{
    private const int QuestionLength = 1 + Digest.HashLength + sizeof(long);
    private const int FirstPart = 1 << 16;

    public static void WriteQuestion(Stream stream, TierCall call, Digest digest, byte[] content)
    {
        var head = new byte[QuestionLength];
        head[0] = (byte)call;
        digest.ToBytes().CopyTo(head, 1);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(1 + Digest.HashLength), digest.Size);
        stream.Write(head);
        WriteContent(stream, content);
    }

    /// <summary>Null when there are no more.</summary>
    /// <exception cref="IOException">It ends in the middle, or makes no sense.</exception>
    public static (TierCall Call, Digest Digest, byte[] Content)? ReadQuestion(Stream stream)
    {
        var head = new byte[QuestionLength];
        var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (read == 0)
            return null;
        if (read < head.Length)
            throw new EndOfStreamException();
        var size = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(1 + Digest.HashLength));
        return ((TierCall)head[0], Digest.FromBytes(head.AsSpan(1, Digest.HashLength), size), ReadContent(stream));
    }

    public static void WriteAnswer(Stream stream, TierAnswer answer, byte[] content)
    {
        stream.WriteByte((byte)answer);
        WriteContent(stream, content);
    }

    /// <exception cref="IOException">It ends, or makes no sense.</exception>
    public static (TierAnswer Answer, byte[] Content) ReadAnswer(Stream stream)
    {
        var answer = stream.ReadByte();
        return answer < 0 ? throw new EndOfStreamException() : ((TierAnswer)answer, ReadContent(stream));
    }

    private static void WriteContent(Stream stream, byte[] content)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, content.Length);
        stream.Write(length);
        stream.Write(content);
        stream.Flush();
    }

    // What is announced is believed as far as it comes.
    private static byte[] ReadContent(Stream stream)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        stream.ReadExactly(length);
        var size = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (size < 0)
            throw new IOException("a message of the process that looks at it makes no sense");
        var content = new byte[Math.Min(size, FirstPart)];
        for (var read = 0; ; Array.Resize(ref content, (int)Math.Min(size, 2L * read)))
        {
            stream.ReadExactly(content.AsSpan(read));
            read = content.Length;
            if (read == size)
                return content;
        }
    }
}
