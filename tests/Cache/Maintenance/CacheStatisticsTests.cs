using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Maintenance;

namespace BpfIncr.Cache.Tests.Maintenance;

public sealed class CacheStatisticsTests : IDisposable
{
    private readonly SampleCache _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void Every_file_is_counted_once_under_what_it_is()
    {
        _cache.Add("link", "1", "linked", "map");
        _cache.Add("codegen", "1", "object");
        _cache.Results.Replace(StepResult.OfPathSets(SampleCache.Action("rustc", "1"), [_cache.Put("paths")], null));
        _cache.Put("nobody's");
        _cache.Write($"results/aa/{new string('a', 64)}.0123");
        _cache.Write("blobs/tmp/0123/out.bc");
        _cache.Write("quarantine/0123");
        _cache.Write("locks/0123");
        _cache.Write("passes/0123/4567");
        _cache.Write("pins/release");
        _cache.Write("index.db-wal");
        _cache.Write("README");

        var statistics = Statistics();

        Assert.Equal(
            """
            blobs of no result 1
            codegen 1
            foreign files 1
            index 1
            link 2
            locks 1
            passes 1
            path sets 1
            pins 1
            quarantine 1
            results 3
            temporaries 2
            """,
            string.Join('\n', statistics.Kinds.Select(k => $"{k.Kind} {k.Files}").Order(StringComparer.Ordinal)));
        Assert.Equal(3, statistics.Results);
        Assert.Equal(5, statistics.Blobs);
        Assert.Equal(statistics.Space, statistics.Kinds.Sum(k => k.Space));
    }

    [Fact]
    public void What_takes_most_space_comes_first()
    {
        _cache.Add("link", "1", "small");
        _cache.Add("codegen", "1", new string('x', 100_000));

        Assert.Equal("codegen", Statistics().Kinds[0].Kind);
        Assert.InRange(Statistics().Kinds[0].Space, 100_000, 110_000);
    }

    [Fact]
    public void The_oldest_and_the_newest_use_are_those_of_results()
    {
        _cache.Age(_cache.Results.PathOf(_cache.Add("link", "1", "a")), TimeSpan.FromDays(3));
        _cache.Age(_cache.Results.PathOf(_cache.Add("link", "2", "b")), TimeSpan.FromDays(1));

        var statistics = Statistics();

        Assert.InRange((DateTime.UtcNow - statistics.Oldest!.Value).TotalDays, 3, 3.1);
        Assert.InRange((DateTime.UtcNow - statistics.Newest!.Value).TotalDays, 1, 1.1);
    }

    [Fact]
    public void Looking_is_no_use_and_damaged_results_are_not_counted_as_results()
    {
        var (sound, damaged) = (_cache.Add("link", "1", "a"), _cache.Add("link", "2", "b"));
        _cache.Age(_cache.Root, TimeSpan.FromDays(3));
        File.WriteAllText(_cache.Results.PathOf(damaged), "damaged");

        Assert.Equal(1, Statistics().Results);
        Assert.InRange((DateTime.UtcNow - File.GetLastWriteTimeUtc(_cache.Results.PathOf(sound))).TotalDays, 3, 3.1);
        Assert.True(File.Exists(_cache.Results.PathOf(damaged)));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_an_empty_cache()
    {
        var statistics = CacheStatistics.Of(CacheInventory.Take(_cache["nowhere"], TestContext.Current.CancellationToken));

        Assert.Equal((0, 0, 0, null), (statistics.Space, statistics.Results, statistics.Blobs, statistics.Oldest));
    }

    private CacheStatistics Statistics() => CacheStatistics.Of(CacheInventory.Take(_cache.Root, TestContext.Current.CancellationToken));
}
