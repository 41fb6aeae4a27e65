using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>What runs when probes come and go.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class ProbeSetTests(WarmCheckout warm)
{
    [Fact]
    public void A_new_probe_package_runs_alone()
    {
        var checkout = warm.Restore();
        Tool.Do("cp", "-a", Path.Combine(Repository.Fixtures, "monorepo/probes/oob-index"), checkout["monorepo/probes"]);

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            oob-index: rustc New/Executed, link New/Executed
            oob-index/legacy: patch New/Executed, optimize New/Executed, codegen New/Executed
            oob-index/modern: patch New/Executed, optimize New/Executed, codegen New/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_new_bin_of_a_package_runs_alone()
    {
        var checkout = warm.Restore();
        checkout.Write(
            "monorepo/probes/xdp-hash/src/bin/tc-mark-too.rs", File.ReadAllText(checkout["monorepo/probes/tc-mark/src/main.rs"]));

        var build = checkout.Build("--variant", "modern").Succeeded();

        Assert.Equal(
            """
            tc-mark-too: rustc New/Executed, link New/Executed
            tc-mark-too/modern: patch New/Executed, optimize New/Executed, codegen New/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_removed_probe_loses_its_objects_and_nothing_runs()
    {
        var checkout = warm.Restore();
        Directory.Delete(checkout["monorepo/probes/xdp-hash"], recursive: true);

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            xdp-hash: rustc Removed/None, link Removed/None
            xdp-hash/legacy: patch Removed/None, optimize Removed/None, codegen Removed/None
            xdp-hash/modern: patch Removed/None, optimize Removed/None, codegen Removed/None
            """, build.Reruns);
        Assert.DoesNotContain(checkout.Objects().Keys, o => o.Contains("xdp-hash", StringComparison.Ordinal));
        Assert.Equal(10, checkout.Objects().Count);
    }

    [Fact]
    public void A_removed_variant_loses_its_objects_and_nothing_runs()
    {
        var checkout = warm.Restore();
        checkout.Configure("\"workspaces\": [\"monorepo\"], \"variants\": { \"modern\": { \"cpu\": \"v3\", \"inline\": \"calls\" } }");

        var build = checkout.Build().Succeeded();

        Assert.All(build.Steps, s => Assert.False(s.Ran));
        Assert.Equal(18, build.Steps.Count(s => s.Outcome == "Removed/None"));
        Assert.All(checkout.Objects().Keys, o => Assert.StartsWith("modern/", o, StringComparison.Ordinal));
    }

    [Fact]
    public void A_new_variant_shares_rustc_and_link_with_the_others()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"variants\": {", "\"variants\": { \"newest\": { \"cpu\": \"v4\" },");

        var build = checkout.Build("tc-mark").Succeeded();

        Assert.Equal(
            "tc-mark/newest: patch New/ActionCache, optimize New/Executed, codegen New/Executed", build.Reruns);
    }
}
