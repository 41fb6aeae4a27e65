using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace BpfIncr.Cache.Index;

/// <summary>
/// Values with a checksum before them. SQLite notices damage where the form of a page suffers; a bit that flips in a value it
/// would simply give back.
/// </summary>
internal static class CheckedValue
{
    private const int ChecksumLength = 16;

    /// <summary>A value as it is stored.</summary>
    /// <param name="name">What it is stored under: under another name it is not sound.</param>
    /// <param name="content">The value.</param>
    public static byte[] Of(string name, ReadOnlySpan<byte> content) => [.. Checksum(name, content), .. content];

    /// <summary>The value of what is stored; null when it is damaged.</summary>
    public static byte[]? Read(string name, byte[] stored) =>
        stored.Length >= ChecksumLength && Checksum(name, stored.AsSpan(ChecksumLength)).AsSpan().SequenceEqual(stored.AsSpan(0, ChecksumLength))
            ? stored[ChecksumLength..]
            : null;

    /// <summary>A checksum of what is remembered of a file.</summary>
    public static long ChecksumOf(string path, RememberedFile file)
    {
        ReadOnlySpan<long> numbers =
        [
            (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(path.AsSpan())),
            file.Stamp.Size, file.Stamp.Modified, file.Stamp.Changed, (long)file.Stamp.Inode, (long)XxHash3.HashToUInt64(file.Digest.ToBytes()),
        ];
        return (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(numbers));
    }

    private static byte[] Checksum(string name, ReadOnlySpan<byte> content)
    {
        var hash = new XxHash128();
        hash.Append(Encoding.UTF8.GetBytes(name));
        hash.Append([0]);
        hash.Append(content);
        return hash.GetCurrentHash();
    }
}
