using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>What a further checkout takes from the cache of the first.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class SharedCacheTests(WarmCheckout warm)
{
    [Fact]
    public void A_second_checkout_elsewhere_runs_nothing_and_has_the_same_bytes()
    {
        var first = warm.Restore();
        var second = SecondCheckout(first, "it's \\ an = \"awkward\", long/directory ü");

        var build = second.Build().Succeeded();

        Assert.Equal(6 * (2 + (2 * 3)), build.Steps.Count);
        Assert.All(build.Steps, s => Assert.Equal("New/ActionCache", s.Outcome));
        Assert.Equal(first.Objects(), second.Objects());
    }

    [Fact]
    public void A_second_checkout_with_a_cache_of_its_own_makes_the_same_bytes()
    {
        var first = warm.Restore();
        var second = new Checkout(SecondCheckout(first, "its = own, \"é").Directory, warm.Beside("independent cache"));

        second.Build().Succeeded();

        Assert.Equal(first.Objects(), second.Objects());
    }

    [Fact]
    public void An_edit_in_a_second_checkout_runs_what_it_would_have_run_in_the_first()
    {
        var second = SecondCheckout(warm.Restore(), "edited");
        second.Build().Succeeded();
        second.Replace("monorepo/probe-kit/src/checksum.rs", "!(sum as u16)", "!(sum as u16) ^ 2");

        var build = second.Build("xdp-hash", "tc-mark", "--variant", "legacy").Succeeded();

        Assert.Equal(
            """
            tc-mark: rustc Modified/Executed, link Modified/Executed
            tc-mark/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-hash: rustc Modified/Executed, link Unchanged/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_checkout_that_was_cleaned_takes_everything_from_the_cache()
    {
        var checkout = warm.Restore();
        var objects = checkout.Objects();
        Assert.Equal(0, checkout.Run("clean").ExitCode);
        Assert.False(Directory.Exists(checkout["target/bpf"]));

        var build = checkout.Build().Succeeded();

        Assert.All(build.Steps, s => Assert.Equal("New/ActionCache", s.Outcome));
        Assert.Equal(objects, checkout.Objects());
    }

    // Sources and configuration, as a version control system would write them: nothing of what builds left behind.
    private Checkout SecondCheckout(Checkout first, string name)
    {
        var second = new Checkout(warm.Beside(name), first.Cache);
        Directory.CreateDirectory(second.Directory);
        Tool.Do("cp", "-r", first["monorepo"], first["bpfincr.json"], second.Directory);
        return second;
    }
}
