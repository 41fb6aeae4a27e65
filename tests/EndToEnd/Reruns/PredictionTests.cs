using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary><c>--dry-run</c> and <c>--explain</c>: what would run, and why something did.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class PredictionTests(WarmCheckout warm)
{
    [Fact]
    public void A_dry_run_with_nothing_to_do_says_so()
    {
        var checkout = warm.Restore();

        Assert.Equal("nothing would run\n", checkout.Run("build", "--dry-run").Output);
        var lines = checkout.Run("build", "--verbose", "--dry-run").Output.TrimEnd('\n').Split('\n');
        Assert.Equal("nothing would run", lines[^1]);
        Assert.All(lines[..^1], l => Assert.EndsWith("would be as before", l));
    }

    [Fact]
    public void A_dry_run_predicts_what_the_build_then_runs()
    {
        var checkout = warm.Restore();
        checkout.Replace("monorepo/probes/xdp-hash/src/main.rs", "//! Counts packets", "//! Numbers packets");
        checkout.Replace("bpfincr.json", "\"cpu\": \"v3\"", "\"cpu\": \"v2\"");

        var prediction = checkout.Run("build", "--dry-run");
        var objects = checkout.Objects();
        var build = checkout.Build().Succeeded();

        Assert.Equal(0, prediction.ExitCode);
        var certain = Predicted(prediction.Output, " would run");
        var possible = Predicted(prediction.Output, " would run if its input changes");
        var ran = build.Steps.Where(s => s.Ran).Select(s => s.Step).ToHashSet();
        Assert.Equal(
            [
                "codegen perf-unlink/modern", "codegen tc-mark/modern", "codegen xdp-parse/modern",
                "codegen xdp-ports/modern", "codegen xdp-sample/modern", "rustc xdp-hash",
            ], certain.Order(StringComparer.Ordinal));
        Assert.Subset(ran, certain);
        Assert.Subset(certain.Union(possible).ToHashSet(), ran);
        Assert.NotEqual(objects, checkout.Objects());
    }

    [Fact]
    public void A_dry_run_changes_nothing()
    {
        var checkout = warm.Restore();
        checkout.Replace("monorepo/probes/xdp-hash/src/main.rs", "const BUCKETS: usize = 64;", "const BUCKETS: usize = 32;");
        var objects = checkout.Objects();

        var first = checkout.Run("build", "--dry-run");
        var second = checkout.Run("build", "--dry-run");

        Assert.Equal(first.Output, second.Output);
        Assert.Equal(objects, checkout.Objects());
    }

    [Fact]
    public void An_explanation_names_the_file_that_changed()
    {
        var checkout = warm.Restore();
        checkout.Replace("monorepo/probes/xdp-hash/src/main.rs", "//! Counts packets", "//! Numbers packets");

        var output = checkout.Run("build", "--explain").Output;

        Assert.Matches(@"rustc +xdp-hash +Modified/Executed.*\n    probes/xdp-hash/src/main\.rs: ", output);
        Assert.Matches(@"patch +xdp-hash/legacy +Unchanged/Executed.*\n    linked\.bc: ", output);
    }

    [Fact]
    public void An_explanation_names_the_option_that_changed()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"cpu\": \"v3\"", "\"cpu\": \"v2\"");

        var output = checkout.Run("build", "tc-mark", "--explain").Output;

        Assert.Matches(@"codegen +tc-mark/modern +Modified/Executed.*\n    --cpu: v3 -> v2\n", output);
    }

    [Fact]
    public void An_explanation_names_the_variable_that_changed()
    {
        var checkout = warm.Restore();

        var output = checkout.Run([("PROBE_LABEL", "canary")], ["build", "--explain"]).Output;

        Assert.Matches(@"rustc +perf-unlink +Modified/Executed.*\n    \S*PROBE_LABEL\S* .*canary", output);
    }

    private static HashSet<string> Predicted(string output, string forecast) =>
        [.. output.Split('\n').Where(l => l.EndsWith(forecast, StringComparison.Ordinal))
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2]))];
}
