using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Maintenance;

public sealed class GcTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void What_was_just_built_stays_whatever_the_limits_are()
    {
        var checkout = checkouts.NewWithOwnCache();

        checkout.Run("cache", "gc", "--max-size", "0", "--max-age", "0");

        Directory.Delete(checkout["target"], recursive: true);
        Assert.DoesNotContain(checkout.Build().Succeeded().Steps, s => s.Ran);
    }

    [Fact]
    public void What_the_last_build_used_stays_and_what_it_did_not_use_goes()
    {
        var checkout = checkouts.NewWithOwnCache();
        checkout.Replace("tiny/src/bin/pass.rs", "XDP_PASS\n}", "XDP_PASS + 1\n}");
        checkout.Build().Succeeded();
        Age(checkout, TimeSpan.FromDays(31));
        // The one before is looked at once more, to say what is different.
        checkout.Replace("tiny/src/bin/pass.rs", "XDP_PASS + 1\n}", "XDP_PASS + 2\n}");
        checkout.Build().Succeeded();

        var gc = checkout.Run("cache", "gc", "--max-age", "30d");

        // The five steps as they were at first, and the crate's two: nobody had a reason to ask cargo.
        Assert.StartsWith("removed 7 results", gc.Output, StringComparison.Ordinal);
        Directory.Delete(checkout["target"], recursive: true);
        Assert.DoesNotContain(checkout.Build().Succeeded().Steps, s => s.Ran);
    }

    [Fact]
    public void A_build_after_everything_went_makes_everything_again()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        Age(checkout, TimeSpan.FromDays(31));
        checkout.Run("cache", "gc", "--max-size", "0");
        Directory.Delete(checkout["target"], recursive: true);

        var build = checkout.Build().Succeeded();

        Assert.All(build.Steps, s => Assert.Equal("Unchanged/Executed", s.Outcome));
        Assert.Equal(before, checkout.Objects());
    }

    [Fact]
    public void Pinned_probes_stay_whatever_the_limits_are()
    {
        var checkout = checkouts.NewWithOwnCache();
        Assert.Equal(0, checkout.Run("cache", "pin", "release", "count").ExitCode);
        Age(checkout, TimeSpan.FromDays(31));

        checkout.Run("cache", "gc", "--max-size", "0");

        Directory.Delete(checkout["target"], recursive: true);
        var build = checkout.Build().Succeeded();
        Assert.Equal(["drop_interface", "pass"], build.Steps.Where(s => s.Ran).Select(s => s.Step.Split(' ', '/')[1]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(0, checkout.Run("cache", "unpin", "release").ExitCode);
        Assert.Equal(1, checkout.Run("cache", "unpin", "release").ExitCode);
    }

    [Fact]
    public void A_probe_that_is_not_built_as_it_is_now_cannot_be_pinned()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/src/bin/pass.rs", "XDP_PASS\n}", "XDP_PASS + 2\n}");

        var pin = checkout.Run("cache", "pin", "release");

        Assert.Equal(1, pin.ExitCode);
        Assert.Contains("error BPFI1056: the cache has no result of rustc pass as it is now", pin.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_that_ran_something_collects_once_a_day_and_one_with_nothing_to_do_never()
    {
        var checkout = checkouts.NewWithOwnCache();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"cache\": {{ \"maxAge\": \"30d\" }}");
        var mark = Path.Combine(checkout.Cache, "v1/collected");
        Age(checkout, TimeSpan.FromDays(31));
        File.SetLastWriteTimeUtc(mark, DateTime.UtcNow.AddHours(-25));
        var results = Results(checkout);
        checkout.Build().Succeeded();
        checkout.Run("build");
        Assert.Equal(results, Results(checkout));

        checkout.Replace("tiny/src/bin/pass.rs", "XDP_PASS\n}", "XDP_PASS + 3\n}");
        File.SetLastWriteTimeUtc(mark, DateTime.UtcNow.AddHours(-23));
        checkout.Build().Succeeded();
        var more = Results(checkout);
        Assert.Superset(results.ToHashSet(), more.ToHashSet());

        // What the build before looked at is used by now.
        Age(checkout, TimeSpan.FromDays(31));
        checkout.Replace("tiny/src/bin/pass.rs", "XDP_PASS + 3\n}", "XDP_PASS + 4\n}");
        File.SetLastWriteTimeUtc(mark, DateTime.UtcNow.AddHours(-25));
        checkout.Build().Succeeded();

        Assert.NotEmpty(more.Except(Results(checkout)));
        Assert.InRange(DateTime.UtcNow - File.GetLastWriteTimeUtc(mark), TimeSpan.Zero, TimeSpan.FromMinutes(10));
    }

    [Theory]
    [InlineData("--max-size", "10X", "--max-size: a size is")]
    [InlineData("--max-age", "forever", "--max-age: a time is")]
    [InlineData("--grace", "-1h", "--grace: a time is")]
    public void A_limit_that_is_none_is_answered_with_how_one_is_written(string option, string value, string answer)
    {
        var result = checkouts.New().Run("cache", "gc", option, value);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(answer, result.Errors, StringComparison.Ordinal);
    }

    // Everything goes that can, as often as can be, while probes are built: what a build loses, it makes again.
    [Fact]
    public void Builds_do_not_fail_of_collections_that_go_on_beside_them()
    {
        var checkout = checkouts.NewWithOwnCache();
        var collections = 0;
        // On a machine that is slow at collecting, it takes some more builds until several were disturbed more than once.
        for (var edit = 0; edit < 6 || collections <= 6; edit++)
        {
            Age(checkout, TimeSpan.FromDays(31));
            checkout.Replace("tiny/src/lib.rs", edit == 0 ? "//!" : "//! again", "//! again");
            checkout.Write("tiny/src/bin/pass.rs", File.ReadAllText(checkout["tiny/src/bin/pass.rs"]) + $"// {edit}\n");
            Directory.Delete(checkout["target/bpf/modern"], recursive: true);
            using var build = Tool.Start(Repository.Program, "/", checkout.Arguments(["build"]));
            for (; !build.HasExited; collections++)
            {
                var collection = checkout.Run("cache", "gc", "--max-size", "0", "--grace", "0s");
                Assert.True(collection.ExitCode == 0, collection.ToString());
            }
            var result = Tool.Finish(build);
            Assert.True(result.ExitCode == 0, $"edit {edit}: {result}");
            Assert.Equal(3, checkout.Objects().Count);
        }
    }

    private static List<string> Results(Checkout checkout) =>
        [.. Directory.EnumerateFiles(Path.Combine(checkout.Cache, "v1/results"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static void Age(Checkout checkout, TimeSpan age)
    {
        foreach (var part in (string[])["blobs", "results"])
            foreach (var file in Directory.EnumerateFiles(Path.Combine(checkout.Cache, "v1", part), "*", SearchOption.AllDirectories))
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow - age);
    }
}
