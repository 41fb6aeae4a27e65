using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>What runs when code, data or a variable changes that several probes share.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class SharedCodeTests(WarmCheckout warm)
{
    [Fact]
    public void A_shared_function_changes_only_the_probes_that_call_it()
    {
        var checkout = warm.Restore();
        var before = checkout.Objects();
        checkout.Replace("monorepo/probe-kit/src/checksum.rs", "!(sum as u16)", "!(sum as u16) ^ 1");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            perf-unlink: rustc Modified/Executed, link Unchanged/Executed
            tc-mark: rustc Modified/Executed, link Modified/Executed
            tc-mark/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            tc-mark/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-hash: rustc Modified/Executed, link Unchanged/Executed
            xdp-parse: rustc Modified/Executed, link Modified/Executed
            xdp-parse/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-parse/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-ports: rustc Modified/Executed, link Unchanged/Executed
            xdp-sample: rustc Modified/Executed, link Unchanged/Executed
            """, build.Reruns);
        Assert.Equal(
            ["legacy/tc-mark.o", "legacy/xdp-parse.o", "modern/tc-mark.o", "modern/xdp-parse.o"],
            checkout.Objects().Where(o => !o.Value.AsSpan().SequenceEqual(before[o.Key])).Select(o => o.Key));
    }

    [Fact]
    public void An_edited_data_file_of_a_build_script_changes_only_the_probe_that_uses_the_constant()
    {
        var checkout = warm.Restore();
        checkout.Replace("monorepo/build-info/ports.txt", "23 ", "24 ");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            perf-unlink: rustc Unchanged/Executed
            xdp-ports: rustc Modified/Executed, link Modified/Executed
            xdp-ports/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-ports/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-sample: rustc Unchanged/Executed
            """, build.Reruns);
    }

    [Fact]
    public void An_edited_build_script_that_writes_the_same_stops_at_rustc()
    {
        var checkout = warm.Restore();
        checkout.Replace("monorepo/build-info/build.rs", "//! Turns", "//! Makes");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            perf-unlink: rustc Unchanged/Executed
            xdp-ports: rustc Unchanged/Executed
            xdp-sample: rustc Unchanged/Executed
            """, build.Reruns);
    }

    [Fact]
    public void An_edited_build_script_changes_only_the_probe_that_uses_what_it_writes()
    {
        var checkout = warm.Restore();
        checkout.Replace("monorepo/build-info/build.rs", "\"dev\".to_string()", "\"test\".to_string()");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            perf-unlink: rustc Unchanged/Executed
            xdp-ports: rustc Unchanged/Executed
            xdp-sample: rustc Modified/Executed, link Modified/Executed
            xdp-sample/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-sample/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_variable_that_one_probe_reads_reruns_that_probe()
    {
        var checkout = warm.Restore();

        var build = checkout.BuildWith([("PROBE_LABEL", "canary")]).Succeeded();

        Assert.Equal(
            """
            perf-unlink: rustc Modified/Executed, link Modified/Executed
            perf-unlink/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            perf-unlink/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_variable_that_a_build_script_reads_changes_only_the_probe_that_uses_it()
    {
        var checkout = warm.Restore();

        var build = checkout.BuildWith([("PROBE_BUILD_TAG", "canary")]).Succeeded();

        Assert.Equal(
            """
            perf-unlink: rustc Unchanged/Executed
            xdp-ports: rustc Unchanged/Executed
            xdp-sample: rustc Modified/Executed, link Modified/Executed
            xdp-sample/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            xdp-sample/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_variable_that_nobody_reads_runs_nothing()
    {
        var checkout = warm.Restore();

        Assert.Equal("", checkout.BuildWith([("PROBE_COLOUR", "red")]).Succeeded().Reruns);
    }

    [Fact]
    public void An_edited_proc_macro_that_expands_to_the_same_changes_no_object()
    {
        var checkout = warm.Restore();
        checkout.Replace("monorepo/probe-macros/src/lib.rs", "//! Written with", "//! Made with");

        var build = checkout.Build("xdp-hash", "xdp-sample").Succeeded();

        Assert.Equal(
            """
            xdp-hash: rustc Unchanged/Executed
            xdp-sample: rustc Unchanged/Executed
            """, build.Reruns);
    }
}
