using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace BpfIncr.Cache.Digests;

/// <summary>
/// The address of a blob: the SHA-256 of its bytes and its size, as the Remote Execution API has it.
/// Equal digests mean equal content; nothing else in the program identifies content.
/// </summary>
public readonly record struct Digest : IComparable<Digest>
{
    private readonly ulong _a, _b, _c, _d;

    private Digest(ReadOnlySpan<byte> hash, long size)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(hash);
        _b = BinaryPrimitives.ReadUInt64BigEndian(hash[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(hash[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(hash[24..]);
        Size = size;
    }

    /// <summary>The number of bytes of a SHA-256.</summary>
    public const int HashLength = 32;

    /// <summary>The size of the content in bytes.</summary>
    public long Size { get; }

    /// <summary>The hash as 64 lowercase hexadecimal digits.</summary>
    public string Hash => Convert.ToHexStringLower(ToBytes());

    /// <summary>The digest of <paramref name="content"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[HashLength];
        SHA256.HashData(content, hash);
        return new Digest(hash, content.Length);
    }

    /// <summary>The digest of the UTF-8 bytes of <paramref name="text"/>.</summary>
    public static Digest OfText(string text) => Of(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>The digest of a file's content.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Digest OfFile(string path)
    {
        using var stream = OpenRead(path);
        return OfStream(stream, null);
    }

    /// <summary>Copies a file and gives the digest of what was copied.</summary>
    /// <param name="path">The file to read.</param>
    /// <param name="copy">A file that is not there yet.</param>
    /// <param name="mode">The permissions of the copy.</param>
    /// <exception cref="IOException">The file cannot be read, or the copy not written.</exception>
    internal static Digest OfCopy(string path, string copy, UnixFileMode mode)
    {
        using var source = OpenRead(path);
        return OfCopy(source, copy, mode);
    }

    /// <summary>Copies the rest of a stream and gives the digest of what was copied.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="copy">A file that is not there yet.</param>
    /// <param name="mode">The permissions of the copy.</param>
    /// <exception cref="IOException">The stream cannot be read, or the copy not written.</exception>
    internal static Digest OfCopy(Stream source, string copy, UnixFileMode mode)
    {
        using var target = new FileStream(copy, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = mode,
        });
        try
        {
            return OfStream(source, target);
        }
        catch
        {
            // Half of a copy is of no use to anybody.
            File.Delete(copy);
            throw;
        }
    }

    private static FileStream OpenRead(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);

    private static Digest OfStream(Stream stream, FileStream? copy)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            long size = 0;
            for (int read; (read = stream.Read(buffer)) > 0; size += read)
            {
                hash.AppendData(buffer, 0, read);
                copy?.Write(buffer, 0, read);
            }
            return new Digest(hash.GetHashAndReset(), size);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A digest from the 32 bytes of its hash and its size.</summary>
    public static Digest FromBytes(ReadOnlySpan<byte> hash, long size) => new(hash, size);

    /// <summary>Reads 64 hexadecimal digits; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hash, long size, out Digest digest)
    {
        digest = default;
        if (hash is not { Length: 2 * HashLength } || size < 0 || !hash.AsSpan().IsLowerHex())
            return false;
        digest = new Digest(Convert.FromHexString(hash), size);
        return true;
    }

    /// <summary>Reads <see cref="ToString"/> back; false for anything else.</summary>
    public static bool TryParse(string text, out Digest digest)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        digest = default;
        return slash > 0 && long.TryParse(text[(slash + 1)..], System.Globalization.CultureInfo.InvariantCulture, out var size)
            && TryParse(text[..slash], size, out digest);
    }

    /// <summary>The 32 bytes of the hash.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[HashLength];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _a);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), _b);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), _c);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), _d);
        return bytes;
    }

    /// <summary>The first twelve digits of the hash: enough for a person, never for a program.</summary>
    public string Short => Hash[..12];

    /// <inheritdoc/>
    public int CompareTo(Digest other)
    {
        var order = _a.CompareTo(other._a);
        if (order == 0) order = _b.CompareTo(other._b);
        if (order == 0) order = _c.CompareTo(other._c);
        if (order == 0) order = _d.CompareTo(other._d);
        return order == 0 ? Size.CompareTo(other.Size) : order;
    }

    /// <summary>Orders by hash.</summary>
    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    /// <summary>Orders by hash.</summary>
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    /// <summary>Orders by hash.</summary>
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by hash.</summary>
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Hash}/{Size}";
}
