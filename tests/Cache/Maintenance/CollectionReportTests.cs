using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Maintenance;
using FsCheck.Xunit;

namespace BpfIncr.Cache.Tests.Maintenance;

public sealed class CollectionReportTests : IDisposable
{
    private static readonly CacheLimits NoLimits = new(null, null);

    private readonly SampleCache _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void What_was_not_used_for_longest_goes_first_until_the_rest_fits()
    {
        var keys = Enumerable.Range(0, 4).Select(i => AddAged($"{i}", $"{i}{new string('x', 10_000)}", days: 10 - i)).ToList();
        var each = CacheFile.In(_cache.Root).Sum(f => f.Space) / 4;

        var collection = Collect(new CacheLimits(2 * each, null));

        Assert.Equal([false, false, true, true], keys.Select(IsThere));
        Assert.Equal((2, 2, 2 * each, 2 * each), (collection.Results, collection.Blobs, collection.Freed, collection.Left));
    }

    [Fact]
    public async Task Directories_of_workers_that_come_and_go_meanwhile_are_no_error()
    {
        var work = Path.Combine(_cache.Root, "blobs", "tmp");
        Directory.CreateDirectory(work);
        using var stop = new CancellationTokenSource();
        var workers = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    var directory = Directory.CreateDirectory(Path.Combine(work, $"{i}"));
                    File.WriteAllText(Path.Combine(directory.FullName, "file"), "");
                    directory.LastWriteTimeUtc = DateTime.UtcNow.AddDays(-2);
                    directory.Delete(recursive: true);
                }
                catch (DirectoryNotFoundException)
                {
                    // The collection was there first.
                }
            }
        }, TestContext.Current.CancellationToken);

        for (var i = 0; i < 500; i++)
            Collect(NoLimits);

        await stop.CancelAsync();
        await workers;
    }

    [Fact]
    public void What_was_not_used_for_too_long_goes_with_the_blobs_that_nobody_else_names()
    {
        var old = AddAged("old", "shared", days: 40);
        var alsoOld = AddAged("also old", "own", days: 31);
        var young = AddAged("young", "shared", days: 29);

        Collect(new CacheLimits(null, TimeSpan.FromDays(30)));

        Assert.Equal([false, false, true], ((Digest[])[old, alsoOld, young]).Select(IsThere));
        Assert.True(_cache.Blobs.Contains(Digest.OfText("shared")));
        Assert.False(_cache.Blobs.Contains(Digest.OfText("own")));
    }

    [Fact]
    public void A_hit_saves_a_result()
    {
        var (used, unused) = (AddAged("used", "a", days: 40), AddAged("unused", "b", days: 40));
        new ActionCache(_cache.Root).TryGet(used);

        Collect(new CacheLimits(null, TimeSpan.FromDays(30)));

        Assert.Equal([true, false], ((Digest[])[used, unused]).Select(IsThere));
    }

    [Fact]
    public void What_is_pinned_stays_whatever_the_limits_are_and_goes_when_it_no_longer_is()
    {
        var (pinned, other) = (AddAged("pinned", "a", days: 40), AddAged("other", "b", days: 1));
        var pins = new CachePins(_cache.Root);
        pins.Set("release-1.0", [pinned.Hash]);

        Collect(new CacheLimits(0, TimeSpan.FromDays(30)));

        Assert.Equal([true, false], ((Digest[])[pinned, other]).Select(IsThere));
        Assert.Equal([("release-1.0", 1)], pins.All());
        Assert.True(pins.Remove("release-1.0"));
        Collect(new CacheLimits(0, null));
        Assert.False(IsThere(pinned));
    }

    [Fact]
    public void What_was_used_within_the_time_of_grace_stays_whatever_the_limits_are()
    {
        var key = _cache.Add("link", "1", "linked");
        var named = _cache.Put("not named by a result yet");

        var collection = CollectionReport.Run(_cache.Root, new CacheLimits(0, TimeSpan.Zero), CollectionReport.Grace, dryRun: false, TestContext.Current.CancellationToken);

        Assert.Equal((0, 0, 0), (collection.Results, collection.Blobs, collection.Others));
        Assert.True(IsThere(key));
        Assert.True(_cache.Blobs.Contains(named));
    }

    // A build that finds gone what it has just made would make it again for ever.
    [Fact]
    public void What_was_made_a_moment_ago_stays_without_any_grace()
    {
        var key = _cache.Add("link", "1", "linked");

        Collect(new CacheLimits(0, TimeSpan.Zero));

        Assert.True(IsThere(key));
    }

    [Fact]
    public void A_blob_that_no_result_names_goes_without_any_limit()
    {
        var key = AddAged("1", "linked", days: 1);
        var orphan = _cache.Put("orphan");
        _cache.Age(_cache.Blobs.PathOf(orphan), TimeSpan.FromDays(1));

        var collection = Collect(NoLimits);

        Assert.Equal((0, 1), (collection.Results, collection.Blobs));
        Assert.True(IsThere(key));
        Assert.False(_cache.Blobs.Contains(orphan));
    }

    [Fact]
    public void What_killed_processes_left_behind_goes_after_a_day()
    {
        var fan = new string('a', 64);
        string[] left = [_cache.Write("blobs/tmp/0123/out.bc"), _cache.Write("blobs/tmp/4567"), _cache.Write($"results/aa/{fan}.0123"), _cache.Write("locks/0123"), _cache.Write("passes/01/23.4567")];
        _cache.Age(_cache.Root, TimeSpan.FromHours(25));
        string[] atWork = [_cache.Write("blobs/tmp/89ab/out.bc"), _cache.Write($"results/aa/{fan}.4567"), _cache.Write("locks/4567")];

        Assert.Equal(left.Length, Collect(NoLimits).Others);

        Assert.All(left, f => Assert.False(File.Exists(f), f));
        Assert.All(atWork, f => Assert.True(File.Exists(f), f));
        Assert.Equal([_cache["blobs/tmp/89ab"]], Directory.GetDirectories(_cache["blobs/tmp"]));
    }

    [Fact]
    public void A_lock_that_somebody_holds_stays_however_old_it_is()
    {
        var key = SampleCache.Action("link", "1").Key;
        using var held = _cache.Results.TryLock(key);
        _cache.Age(_cache["locks"], TimeSpan.FromDays(2));

        Collect(NoLimits);

        Assert.Null(_cache.Results.TryLock(key));
    }

    [Fact]
    public void What_is_in_quarantine_can_be_looked_at_for_a_week()
    {
        var (recent, old) = (_cache.Write("quarantine/01"), _cache.Write("quarantine/23"));
        _cache.Age(recent, TimeSpan.FromDays(6));
        _cache.Age(old, TimeSpan.FromDays(8));

        Collect(NoLimits);

        Assert.True(File.Exists(recent));
        Assert.False(File.Exists(old));
    }

    [Fact]
    public void Files_that_nobody_knows_are_left_alone()
    {
        string[] foreign = [_cache.Write("README"), _cache.Write("blobs/ab/cd"), _cache.Write("results/xyz")];
        _cache.Age(_cache.Root, TimeSpan.FromDays(400));

        Collect(new CacheLimits(0, TimeSpan.FromDays(1)));

        Assert.All(foreign, f => Assert.True(File.Exists(f), f));
    }

    [Fact]
    public void A_dry_run_says_the_same_and_removes_nothing()
    {
        AddAged("1", "linked", days: 40);
        AddAged("2", "linked too", days: 2);
        var limits = new CacheLimits(null, TimeSpan.FromDays(30));
        var files = CacheFile.In(_cache.Root).ToList();

        var said = CollectionReport.Run(_cache.Root, limits, TimeSpan.Zero, dryRun: true, TestContext.Current.CancellationToken);

        Assert.Equal(files.Order(ByPath), CacheFile.In(_cache.Root).Order(ByPath));
        Assert.Equal(said, Collect(limits));
    }

    // The invariant: whoever finds a result after a collection finds what it names, if that was there before.
    [Property(MaxTest = 60)]
    public void Every_result_that_is_left_has_its_blobs((byte Outputs, byte Age)[] recipe, ushort size, byte age, bool pin)
    {
        using var cache = new SampleCache();
        var keys = new List<Digest>();
        foreach (var (outputs, days) in recipe)
        {
            keys.Add(cache.Add("link", $"{keys.Count}", Enumerable.Range(0, 8).Where(i => (outputs & (1 << i)) != 0).Select(i => $"output {i}")));
            cache.Age(cache.Results.PathOf(keys[^1]), TimeSpan.FromDays(days));
        }
        cache.Put("nobody's");
        cache.Age(cache["blobs"], TimeSpan.FromDays(255));
        if (pin && keys.Count > 0)
            new CachePins(cache.Root).Set("first", [keys[0].Hash]);

        CollectionReport.Run(cache.Root, new CacheLimits(size * 4L, TimeSpan.FromDays(age)), TimeSpan.FromHours(1), dryRun: false, TestContext.Current.CancellationToken);

        var left = CacheInventory.Take(cache.Root, TestContext.Current.CancellationToken);
        var blobs = left.Blobs.Select(b => b.Digest).ToHashSet();
        Assert.All(left.Results, r => Assert.Subset(blobs, r.Outputs.ToHashSet()));
        Assert.Superset(blobs, left.Results.SelectMany(r => r.Outputs).ToHashSet());
        Assert.True(!pin || keys.Count == 0 || left.Results.Any(r => r.File.Name == keys[0].Hash));
    }

    private static Comparer<CacheFile> ByPath => Comparer<CacheFile>.Create((a, b) => string.CompareOrdinal(a.Path, b.Path));

    private CollectionReport Collect(CacheLimits limits) =>
        CollectionReport.Run(_cache.Root, limits, TimeSpan.Zero, dryRun: false, TestContext.Current.CancellationToken);

    private Digest AddAged(string name, string output, int days)
    {
        var key = _cache.Add("link", name, output);
        _cache.Age(_cache.Results.PathOf(key), TimeSpan.FromDays(days));
        _cache.Age(_cache["blobs"], TimeSpan.FromDays(days));
        return key;
    }

    private bool IsThere(Digest key) => File.Exists(_cache.Results.PathOf(key));
}
