namespace BpfIncr.Cache.Digests;

/// <summary>
/// When a file of the cache was last used is its modification time: the content never changes, every file system has one,
/// and unlike the access time it is never off. It is set at most once an hour, so that looking a result up costs no write.
/// </summary>
internal static class LastUse
{
    private static readonly TimeSpan Precision = TimeSpan.FromHours(1);

    /// <summary>Notes that a file is used now.</summary>
    public static void Note(string path)
    {
        var stamp = FileStamp.Of(path);
        if (!stamp.Exists || FileStamp.Now() - stamp.Modified < Precision.Ticks * TimeSpan.NanosecondsPerTick)
            return;
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's file, or gone by now: whoever owns it counts its uses.
        }
    }
}
