using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>What runs when an option in <c>bpfincr.json</c> changes: the stage that uses it, and what its output changes behind it.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class OptionTests(WarmCheckout warm)
{
    [Fact]
    public void The_panic_policy_of_a_variant_runs_its_patch_stage_and_changes_the_probes_that_can_panic()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"cpu\": \"v3\"", "\"panic\": \"keep\", \"cpu\": \"v3\"");

        var build = checkout.Build("tc-mark", "xdp-parse").Succeeded();

        Assert.Equal(
            """
            tc-mark/modern: patch Unchanged/Executed
            xdp-parse/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_variant_that_becomes_more_like_another_takes_what_they_now_share_from_the_cache()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"inline\": \"calls\"", "\"inline\": \"all\"");

        var build = checkout.Build("xdp-parse").Succeeded();

        Assert.Equal(
            "xdp-parse/modern: patch Modified/ActionCache, optimize Modified/Executed, codegen Modified/Executed", build.Reruns);
    }

    [Fact]
    public void The_unroll_option_runs_optimize_and_changes_the_probe_with_a_loop()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"inline\": \"calls\"", "\"inline\": \"calls\", \"unroll\": true");

        var build = checkout.Build("tc-mark", "xdp-hash").Succeeded();

        Assert.Equal(
            """
            tc-mark/modern: optimize Unchanged/Executed
            xdp-hash/modern: optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void Link_time_optimization_runs_rustc_and_all_behind_it()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"workspaces\"", "\"lto\": true, \"workspaces\"");

        var build = checkout.Build("tc-mark").Succeeded();

        Assert.StartsWith("tc-mark: rustc Modified/Executed, link Modified/Executed", build.Reruns, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cpu_level_runs_codegen_only()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"cpu\": \"v3\"", "\"cpu\": \"v2\"");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            perf-unlink/modern: codegen Modified/Executed
            tc-mark/modern: codegen Modified/Executed
            xdp-hash/modern: codegen Modified/Executed
            xdp-parse/modern: codegen Modified/Executed
            xdp-ports/modern: codegen Modified/Executed
            xdp-sample/modern: codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void An_option_of_one_probe_reruns_that_probe_only()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"variants\"", "\"probes\": { \"tc-mark\": { \"strip\": false } }, \"variants\"");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            tc-mark/legacy: codegen Modified/Executed
            tc-mark/modern: codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_Cargo_feature_of_one_probe_reruns_that_probe_only()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"variants\"", "\"probes\": { \"xdp-ports\": { \"features\": [\"ipv6\"] } }, \"variants\"");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            xdp-ports: rustc Modified/Executed, link Modified/Executed
            xdp-ports/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-ports/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_comment_in_the_configuration_runs_nothing()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"variants\"", "// For kernels old and new.\n\"variants\"");

        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_flag_for_rustc_reruns_rustc_and_stops_where_it_makes_no_difference()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"variants\"", "\"rustflags\": [\"--cfg=unused\"], \"variants\"");

        var build = checkout.Build("tc-mark").Succeeded();

        Assert.Equal("tc-mark: rustc Unchanged/Executed", build.Reruns);
    }
}
