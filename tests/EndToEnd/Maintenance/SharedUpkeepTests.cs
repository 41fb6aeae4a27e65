using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.EndToEnd.Tests.Tiers;

namespace BpfIncr.EndToEnd.Tests.Maintenance;

/// <summary>A directory that machines share is looked after with the same commands.</summary>
public sealed class SharedUpkeepTests(Runners runners) : IClassFixture<Runners>
{
    [Theory]
    [InlineData("stats")]
    [InlineData("verify")]
    [InlineData("gc")]
    public void A_command_that_finds_nothing_to_do_leaves_nothing_there(string command)
    {
        var shared = runners.CopyOfShared();
        var before = Files(shared);

        var result = Tool.Run(Repository.Program, "/", ["cache", command, "--cache-dir", shared]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(before, Files(shared));
    }

    [Fact]
    public void What_a_machine_that_writes_there_found_stays()
    {
        var shared = runners.CopyOfShared();
        Age(shared);
        runners.New().Build("--shared-cache", shared).Succeeded();

        Collect(shared);

        Assert.Equal(Runners.AllFound, runners.New().Build("--shared-cache", shared).Succeeded().Reruns);
    }

    [Fact]
    public void What_only_machines_found_that_may_not_write_there_goes()
    {
        var shared = runners.CopyOfShared();
        Age(shared);
        runners.New().Build("--shared-cache", $"{shared}:ro").Succeeded();

        Collect(shared);

        Assert.Empty(Files(shared));
        Assert.Equal(Runners.AllExecuted, runners.New().Build("--shared-cache", shared).Succeeded().Reruns);
    }

    [Fact]
    public void Statistics_say_in_which_tier_results_were_found()
    {
        var runner = runners.New();
        runner.Build("--shared-cache", $"{runners.Shared}:ro").Succeeded();

        var uses = JsonDocument.Parse(runner.Run("cache", "stats", "--json").Output).RootElement.GetProperty("uses").EnumerateArray().ToList();

        Assert.Equal(10, uses.Where(u => u.GetProperty("tier").GetString() == "shared").Sum(u => u.GetProperty("hits").GetInt32()));
        Assert.Equal(0, uses.Sum(u => u.GetProperty("runs").GetInt32()));
    }

    [Fact]
    public void A_bundle_of_a_cache_that_fetched_only_what_it_needed_says_what_is_not_in_it()
    {
        var (runner, other) = (runners.New(), runners.New());
        runner.Build("--shared-cache", $"{runners.Shared}:ro").Succeeded();
        var bundle = Path.Combine(runner.Cache, "bundle");

        var export = runner.Run("cache", "export", bundle);
        Assert.Equal(0, other.Run("cache", "import", bundle).ExitCode);

        Assert.Contains("of these results are not in the cache: a build that needs one takes it from a shared cache, or makes it again", export.Output, StringComparison.Ordinal);
        Assert.Equal(Runners.AllFound, other.Build().Succeeded().Reruns);
    }

    private static void Collect(string shared) =>
        Assert.Equal(0, Tool.Run(Repository.Program, "/", ["cache", "gc", "--cache-dir", shared, "--max-age", "30d"]).ExitCode);

    private static void Age(string shared)
    {
        foreach (var file in Files(shared))
            File.SetLastWriteTimeUtc(Path.Combine(shared, file), DateTime.UtcNow.AddDays(-31));
    }

    private static List<string> Files(string shared) =>
        [.. Directory.EnumerateFiles(shared, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(shared, f)).Order(StringComparer.Ordinal)];
}
