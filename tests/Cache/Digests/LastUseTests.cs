using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Tests.Actions;
using BpfIncr.Cache.Tiers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Digests;

/// <summary>What is looked up is used, and what is only looked at is not.</summary>
public sealed class LastUseTests : IDisposable
{
    private static readonly DateTime LongAgo = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly TemporaryDirectory _root = new();
    private readonly string _result;
    private readonly ActionCache _cache;

    public LastUseTests()
    {
        _cache = new ActionCache(_root.Path);
        _result = _cache.PathOf(_cache.Add(Samples.Result()).Action.Key);
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_hit_is_a_use()
    {
        File.SetLastWriteTimeUtc(_result, LongAgo);
        var before = DateTime.UtcNow;

        _cache.TryGet(Samples.Action().Key);

        Assert.True(File.GetLastWriteTimeUtc(_result) >= before);
    }

    [Fact]
    public void A_second_hit_within_the_hour_writes_nothing()
    {
        var recently = DateTime.UtcNow.AddMinutes(-50);
        File.SetLastWriteTimeUtc(_result, recently);

        _cache.TryGet(Samples.Action().Key);

        Assert.Equal(recently, File.GetLastWriteTimeUtc(_result));
    }

    [Fact]
    public void Who_only_looks_uses_nothing()
    {
        File.SetLastWriteTimeUtc(_result, LongAgo);

        new ActionCache(_root.Path, readOnly: true).TryGet(Samples.Action().Key);

        Assert.Equal(LongAgo, File.GetLastWriteTimeUtc(_result));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_hit_in_a_shared_directory_is_a_use_unless_nothing_is_to_be_written_there(bool isReadOnly)
    {
        var tier = new DirectoryTier(_root.Path, isReadOnly);
        var key = Samples.Action().Key;
        tier.AddResult(key, File.ReadAllBytes(_result));
        var path = _root[$"v1/results/{key.Hash[..2]}/{key.Hash}"];
        File.SetLastWriteTimeUtc(path, LongAgo);

        Assert.NotNull(tier.ReadResult(key));

        Assert.Equal(isReadOnly, File.GetLastWriteTimeUtc(path) == LongAgo);
    }

    [Fact]
    public void A_blob_that_is_stored_again_is_used()
    {
        var store = new BlobStore(_root.Path);
        var path = store.PathOf(store.Put("content"u8));
        File.SetLastWriteTimeUtc(path, LongAgo);
        var before = DateTime.UtcNow;

        store.Put("content"u8);

        Assert.True(File.GetLastWriteTimeUtc(path) >= before);
    }
}
