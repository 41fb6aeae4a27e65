using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>
/// A step that runs says why, also when its key is the one of before. That there is a reason at all, every build of every
/// test checks; here is what it says.
/// </summary>
public sealed class ReasonTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void A_result_that_was_deleted_is_named_as_lost()
    {
        var checkout = checkouts.NewWithOwnCache();
        foreach (var result in Results(checkout))
            File.Delete(result);

        var build = checkout.Build().Succeeded();

        Assert.Matches("^what rustc reads for its weak key [0-9a-f]{12} is not known$", Assert.Single(build.ReasonsOf("rustc pass")));
        Assert.Matches("^the result of before is no longer in the cache \\(key [0-9a-f]{12}\\)$", Assert.Single(build.ReasonsOf("link pass")));
    }

    [Fact]
    public void A_result_that_was_damaged_is_named_as_damaged()
    {
        var checkout = checkouts.NewWithOwnCache();
        foreach (var result in Results(checkout))
            File.WriteAllText(result, "damaged");

        var build = checkout.Build().Succeeded();

        Assert.Matches("^the result of before was damaged in the cache \\(key [0-9a-f]{12}\\)$", Assert.Single(build.ReasonsOf("patch pass/modern")));
    }

    [Fact]
    public void An_output_that_was_deleted_is_named_by_the_step_that_makes_it_again()
    {
        var checkout = checkouts.NewWithOwnCache();
        foreach (var blob in Blobs(checkout))
            File.Delete(blob);
        File.Delete(checkout.ObjectOf("pass"));

        var build = checkout.Build().Succeeded();

        Assert.Matches("^probe\\.o of before \\([0-9a-f]{12}\\) is no longer in the cache$", Assert.Single(build.ReasonsOf("codegen pass/modern")));
        Assert.Matches("^linked\\.bc of before \\([0-9a-f]{12}\\) is no longer in the cache$", Assert.Single(build.ReasonsOf("link pass")));
        // The list of what rustc reads was a blob as well.
        Assert.Matches("^what rustc reads for its weak key [0-9a-f]{12} is not known$", Assert.Single(build.ReasonsOf("rustc pass")));
    }

    [Fact]
    public void An_edit_after_the_results_were_deleted_says_that_there_is_nothing_to_compare_with()
    {
        var checkout = checkouts.NewWithOwnCache();
        foreach (var result in Results(checkout))
            File.Delete(result);
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASS + 1\n");

        var build = checkout.Build().Succeeded();

        Assert.Matches("^its key is another one .* no longer in the cache, so that what differs cannot be said$", build.ReasonsOf("rustc pass")[0]);
    }

    [Fact]
    public void A_flag_for_rustc_is_named_and_so_is_that_nothing_is_known_of_what_rustc_reads_with_it()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"rustflags\": [\"--cfg=unseen\"]");

        var reasons = checkout.Build().Succeeded().ReasonsOf("rustc pass");

        Assert.Equal(2, reasons.Count);
        Assert.Matches("^--rustflag.*--cfg=unseen", reasons[0]);
        Assert.Matches("^what rustc reads for its weak key [0-9a-f]{12} is not known$", reasons[1]);
    }

    [Fact]
    public void A_line_of_the_manifest_is_named()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/Cargo.toml", "[profile.release]", "[profile.release]\noverflow-checks = true");

        var reasons = checkout.Build().Succeeded().ReasonsOf("rustc pass");

        Assert.Contains("(cargo)/workspace is new: overflow-checks = true", reasons);
    }

    [Fact]
    public void The_first_build_says_that_there_was_none_before()
    {
        var checkout = checkouts.NewWithOwnCache();
        var elsewhere = new Checkout(checkout.Directory, $"{checkout.Cache}-of-nobody");

        var first = elsewhere.Build().Succeeded();
        elsewhere.Run("clean");
        var second = elsewhere.Build().Succeeded();

        Assert.Matches("^never asked for here before, and the cache has no result for its key [0-9a-f]{12}$", Assert.Single(first.ReasonsOf("link pass")));
        Assert.Matches("^never asked for here before; the cache had the result of its key [0-9a-f]{12}$", Assert.Single(second.ReasonsOf("link pass")));
    }

    [Fact]
    public void A_failed_step_says_what_differs_from_when_it_last_succeeded()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASS +\n");

        var build = checkout.Build();

        Assert.Equal(1, build.ExitCode);
        Assert.Matches("^src/bin/pass\\.rs: [0-9a-f]{12} -> [0-9a-f]{12}$", Assert.Single(build.ReasonsOf("rustc pass")));
    }

    private static IEnumerable<string> Results(Checkout checkout) => Below(checkout, "results");

    private static IEnumerable<string> Blobs(Checkout checkout) => Below(checkout, "blobs");

    private static IEnumerable<string> Below(Checkout checkout, string directory) =>
        Directory.EnumerateFiles(Path.Combine(checkout.Cache, "v1", directory), "*", SearchOption.AllDirectories).ToList();
}
