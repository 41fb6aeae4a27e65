using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Maintenance;

public sealed class StatsTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void The_path_is_that_of_the_cache_that_builds_use()
    {
        var checkout = checkouts.New();

        Assert.Equal($"{checkout.Cache}/v1\n", checkout.Run("cache", "path").Output);
    }

    [Fact]
    public void Statistics_know_what_is_there_and_count_what_builds_found_and_ran()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = Stats(checkout);
        checkout.Run("clean");
        var fromCache = checkout.Build().Succeeded();
        checkout.Replace("tiny/src/bin/pass.rs", "XDP_PASS\n}", "XDP_PASS + 1\n}");
        var after = checkout.Build().Succeeded();

        var now = Stats(checkout);
        Assert.Equal(0, before.GetProperty("space").EnumerateArray().Count(k => k.GetProperty("kind").GetString() is "foreign files" or "blobs of no result"));
        Assert.Equal(fromCache.Steps.Count(s => s.Outcome.EndsWith("/ActionCache", StringComparison.Ordinal)), Sum(now, "hits") - Sum(before, "hits"));
        Assert.Equal(after.Steps.Count(s => s.Ran), Sum(now, "runs") - Sum(before, "runs"));
    }

    [Fact]
    public void A_build_with_nothing_to_do_counts_nothing_and_touches_nothing()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Run("cache", "stats", "--json").Output;

        Assert.Equal(0, checkout.Run("build").ExitCode);

        Assert.Equal(before, checkout.Run("cache", "stats", "--json").Output);
    }

    [Fact]
    public void The_directory_can_be_named_itself_and_needs_no_index()
    {
        var checkout = checkouts.NewWithOwnCache();
        File.Delete(Path.Combine(checkout.Cache, "v1/index.db"));

        var result = Tool.Run(Repository.Program, "/", ["cache", "stats", "--cache-dir", Path.Combine(checkout.Cache, "v1")]);

        Assert.StartsWith($"{checkout.Cache}/v1\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("time saved", result.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(checkout.Cache, "v1/index.db")));
    }

    private static long Sum(JsonElement statistics, string member) =>
        statistics.GetProperty("uses").EnumerateArray().Where(u => u.GetProperty("stage").GetString() != "crate").Sum(u => u.GetProperty(member).GetInt64());

    private static JsonElement Stats(Checkout checkout) => JsonDocument.Parse(checkout.Run("cache", "stats", "--json").Output).RootElement;
}
