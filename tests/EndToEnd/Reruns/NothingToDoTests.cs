using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>What runs when nothing that matters has changed: nothing.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class NothingToDoTests(WarmCheckout warm)
{
    [Fact]
    public void A_second_build_runs_nothing()
    {
        var checkout = warm.Restore();

        var build = checkout.Build().Succeeded();

        Assert.Equal("", build.Reruns);
        Assert.Equal(6 * (2 + (2 * 3)), build.Steps.Count);
    }

    [Fact]
    public void A_second_build_says_so_in_one_line()
    {
        var checkout = warm.Restore();
        checkout.Run("build");

        var second = checkout.Run("build");

        Assert.Matches(@"^12 objects up to date, nothing ran \(\d+\.\d+ ms\)\n$", second.Output);
        Assert.Equal("", second.Errors);
    }

    [Fact]
    public void A_touched_file_runs_nothing()
    {
        var checkout = warm.Restore();
        File.SetLastWriteTimeUtc(checkout["monorepo/probes/xdp-hash/src/main.rs"], DateTime.UtcNow);
        File.SetLastWriteTimeUtc(checkout["monorepo/probe-kit/src/lib.rs"], DateTime.UtcNow);
        File.SetLastWriteTimeUtc(checkout["monorepo/probes/xdp-hash/Cargo.toml"], DateTime.UtcNow);

        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_file_that_no_probe_reads_runs_nothing()
    {
        var checkout = warm.Restore();
        checkout.Write("monorepo/probes/xdp-hash/README.md", "What this probe is for.\n");
        checkout.Write("monorepo/probe-kit/src/unused.rs", "this is not even Rust\n");

        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_deleted_object_is_put_back_and_nothing_runs()
    {
        var checkout = warm.Restore();
        var before = File.ReadAllBytes(checkout.ObjectOf("xdp-hash"));
        File.Delete(checkout.ObjectOf("xdp-hash"));

        var build = checkout.Build().Succeeded();

        Assert.Equal("", build.Reruns);
        Assert.Contains("12 objects up to date; nothing ran; restored 1 object (", build.Output, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(checkout.ObjectOf("xdp-hash")));
    }

    [Fact]
    public void An_object_that_somebody_changed_is_put_back_and_nothing_runs()
    {
        var checkout = warm.Restore();
        var before = File.ReadAllBytes(checkout.ObjectOf("xdp-hash"));
        File.Delete(checkout.ObjectOf("xdp-hash"));
        File.WriteAllText(checkout.ObjectOf("xdp-hash"), "not an object");

        var build = checkout.Build().Succeeded();

        Assert.Equal("", build.Reruns);
        Assert.Contains("12 objects up to date; nothing ran; restored 1 object (", build.Output, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(checkout.ObjectOf("xdp-hash")));
    }

    [Fact]
    public void Other_probes_and_variants_are_not_even_looked_at_when_one_is_asked_for()
    {
        var checkout = warm.Restore();

        var build = checkout.Build("tc-mark", "--variant", "legacy").Succeeded();

        Assert.Equal(
            ["codegen tc-mark/legacy", "link tc-mark", "optimize tc-mark/legacy", "patch tc-mark/legacy", "rustc tc-mark"],
            build.Steps.Select(s => s.Step).Order(StringComparer.Ordinal));
    }
}
