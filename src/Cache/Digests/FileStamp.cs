namespace BpfIncr.Cache.Digests;

/// <summary>
/// What the file system says of a path without opening it. Two equal stamps of a path mean that its content is
/// the same, with one exception: a file written so recently that the clock of the file system may not have moved
/// on (see <see cref="IsRacy"/>). The change time is part of it, because tools can set the modification time but
/// not that. A stamp is local knowledge: never an address, never part of a key.
/// </summary>
/// <param name="Size">Bytes; -1 when nothing is there.</param>
/// <param name="Modified">Modification time, nanoseconds since 1970.</param>
/// <param name="Changed">Inode change time, nanoseconds since 1970.</param>
/// <param name="Inode">The inode's number.</param>
public readonly record struct FileStamp(long Size, long Modified, long Changed, ulong Inode)
{
    /// <summary>The stamp of a path where nothing is.</summary>
    public static readonly FileStamp Missing = new(-1, 0, 0, 0);

    /// <summary>
    /// How old a change has to be before an equal stamp proves equal content: file systems count time in ticks of
    /// up to 10 ms (a kernel's jiffy at 100 Hz); ext3, FAT and some network file systems in seconds are not covered
    /// by the tick and are caught by their inode or size in practice.
    /// </summary>
    public const long RacyNanoseconds = 20_000_000;

    /// <summary>Whether something is at the path.</summary>
    public bool Exists => Size >= 0;

    /// <summary>Whether the file changed so shortly before <paramref name="now"/> that a later edit could carry the same stamp.</summary>
    /// <param name="now">Nanoseconds since 1970, read before the content was.</param>
    public bool IsRacy(long now) => Exists && now - Changed < RacyNanoseconds;

    /// <summary>The time that <see cref="IsRacy"/> compares with: nanoseconds since 1970.</summary>
    public static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    /// <summary>Whether a file that can simply be read is at <paramref name="path"/>, symbolic links followed.</summary>
    public static bool IsRegularFile(string path) => Posix.StatX(path, out var stat) && stat.IsRegularFile;

    /// <summary>The stamp of what is at <paramref name="path"/>, symbolic links followed; <see cref="Missing"/> when nothing can be seen there.</summary>
    public static FileStamp Of(string path) =>
        Posix.StatX(path, out var stat) ? stat.ToStamp() : Missing;

    /// <summary>The stamp of what is at a path in UTF-8, which the last byte, a zero, ends.</summary>
    public static FileStamp Of(ReadOnlySpan<byte> path) =>
        Posix.StatX(path, out var stat) ? stat.ToStamp() : Missing;
}
