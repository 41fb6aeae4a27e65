using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>Rust code or a manifest that cargo and rustc refuse.</summary>
public sealed class RustErrorTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void An_error_in_a_probe_is_rustcs_own_message_and_stops_that_probe_only()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASSED\n");

        var build = checkout.Build("--keep-going");

        Assert.Equal(1, build.ExitCode);
        Assert.StartsWith(
            """
            error[E0425]: cannot find value `XDP_PASSED` in this scope
              --> src/bin/pass.rs:13:5
            """, build.Errors, StringComparison.Ordinal);
        Assert.Single(Occurrences(build.Errors, "error[E0425]"));
        Assert.Equal(
            """
            pass: rustc FAILED, link skipped
            pass/modern: patch skipped, optimize skipped, codegen skipped
            """, build.Reruns);
        Assert.Contains("failed: rustc pass: src/bin/pass.rs:13:5: cannot find value `XDP_PASSED` in this scope\n", build.Output, StringComparison.Ordinal);
        AssertNothingLost(checkout, "tiny/src/bin/pass.rs", "    XDP_PASSED\n", "    XDP_PASS\n");
    }

    [Fact]
    public void An_error_in_a_shared_crate_is_shown_once_however_many_probes_it_stops()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/src/lib.rs", "XDP_DROP: u32 = 1", "XDP_DROP: u32 = true");

        var build = checkout.Build("--keep-going");

        Assert.Equal(1, build.ExitCode);
        Assert.StartsWith("error[E0308]: mismatched types\n", build.Errors, StringComparison.Ordinal);
        Assert.Single(Occurrences(build.Errors, "E0308"));
        Assert.Contains("failed: rustc count, rustc drop_interface, rustc pass: src/lib.rs:17:27: mismatched types\n", build.Output, StringComparison.Ordinal);
        AssertNothingLost(checkout, "tiny/src/lib.rs", "XDP_DROP: u32 = true", "XDP_DROP: u32 = 1");
    }

    [Fact]
    public void An_error_is_shown_again_as_long_as_it_is_there()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASSED\n");

        Assert.Equal(checkout.Build().Errors, checkout.Build().Errors);
    }

    [Fact]
    public void A_warning_is_shown_when_its_probe_is_compiled()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    let answer = 42;\n    XDP_PASS\n");

        var build = checkout.Build().Succeeded();

        Assert.Single(Occurrences(build.Errors, "warning: unused variable: `answer`"));
    }

    [Fact]
    public void What_is_wrong_in_a_generated_file_is_shown_where_that_file_is()
    {
        var checkout = checkouts.New();
        checkout.Write("tiny/build.rs", """
            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                std::fs::write(std::env::var("OUT_DIR").unwrap() + "/answer.rs", "pub const ANSWER: u32 = {let unused = 1; 2};\n").unwrap();
            }
            """);
        checkout.Replace("tiny/src/bin/pass.rs", "#[no_mangle]", "include!(concat!(env!(\"OUT_DIR\"), \"/answer.rs\"));\n\n#[no_mangle]");

        var warned = checkout.Build("--keep-going").Succeeded();
        checkout.Replace("tiny/build.rs", "1; 2", "1; two");
        var failed = checkout.Build("--keep-going");

        foreach (var build in (BuildResult[])[warned, failed])
        {
            var place = Assert.Single(build.Errors.Split('\n'), l => l.Contains("answer.rs", StringComparison.Ordinal) && l.Contains("-->", StringComparison.Ordinal));
            var file = place[(place.IndexOf('/', StringComparison.Ordinal))..].Split(':')[0];
            Assert.StartsWith(checkout["target/bpf/cargo/"], file, StringComparison.Ordinal);
            Assert.True(File.Exists(file), place);
        }
        Assert.Contains($"failed: rustc pass: {checkout["target/bpf/cargo/"]}", failed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_workspace_without_Cargo_toml_is_named()
    {
        var checkout = checkouts.New();
        File.Move(checkout["tiny/Cargo.toml"], checkout["elsewhere"]);

        var build = checkout.Build();
        File.Move(checkout["elsewhere"], checkout["tiny/Cargo.toml"]);

        Assert.Equal(2, build.ExitCode);
        Assert.Equal(
            $"""
            error BPFI1010: {checkout["tiny"]} has no Cargo.toml
              help correct "workspaces" in bpfincr.json, or run cargo init there

            """, build.Errors);
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_manifest_that_cargo_cannot_read_is_cargos_own_message()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/Cargo.toml", "edition = \"2021\"", "edition = \"1066\"");

        var build = checkout.Build();

        Assert.Equal(2, build.ExitCode);
        Assert.StartsWith($"error BPFI1011: cargo cannot read the workspace at {checkout["tiny"]}\n", build.Errors, StringComparison.Ordinal);
        Assert.Contains("1066", build.Errors, StringComparison.Ordinal);
        AssertNothingLost(checkout, "tiny/Cargo.toml", "edition = \"1066\"", "edition = \"2021\"");
    }

    private static void AssertNothingLost(Checkout checkout, string path, string wrong, string right)
    {
        checkout.Replace(path, wrong, right);
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
        Assert.Equal(3, checkout.Objects().Count);
    }

    private static IEnumerable<int> Occurrences(string text, string part)
    {
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
            yield return at;
    }
}
