namespace BpfIncr.Cache.Maintenance;

/// <summary>How much a cache may keep.</summary>
/// <param name="MaxSize">Bytes of the disk; null for any number.</param>
/// <param name="MaxAge">For how long something may go unused; null for ever.</param>
public sealed record CacheLimits(long? MaxSize, TimeSpan? MaxAge)
{
    /// <summary>What counts when nothing is said.</summary>
    public static readonly CacheLimits Default = new(10L << 30, null);
}
