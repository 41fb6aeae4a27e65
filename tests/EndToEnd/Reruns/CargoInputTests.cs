using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Inputs of rustc that are no source file of the probe's package.</summary>
public sealed class CargoInputTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const string Source = "tiny/src/bin/pass.rs";

    [Fact]
    public void A_file_outside_the_package_that_a_probe_includes_reruns_that_probe()
    {
        var checkout = checkouts.New();
        checkout.Write("verdict.txt", "1");
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + include!(\"../../../verdict.txt\")\n");
        checkout.Build().Succeeded();
        checkout.Write("verdict.txt", "2");

        Assert.Equal(
            """
            pass: rustc Modified/Executed, link Modified/Executed
            pass/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_new_build_script_is_run()
    {
        var checkout = checkouts.New();
        checkout.Replace(Source, "    XDP_PASS\n", "    if cfg!(told) { 7 } else { XDP_PASS }\n");
        checkout.Build().Succeeded();
        var before = File.ReadAllBytes(checkout.ObjectOf("pass"));
        checkout.Write("tiny/build.rs", """
            fn main() {
                println!("cargo:rustc-check-cfg=cfg(told)");
                println!("cargo:rustc-cfg=told");
            }
            """);

        var build = checkout.Build().Succeeded();

        Assert.Contains(build.Steps, s => s.Step == "codegen pass/modern" && s.Outcome.StartsWith("Modified/", StringComparison.Ordinal));
        Assert.NotEqual(before, File.ReadAllBytes(checkout.ObjectOf("pass")));
    }

    [Fact]
    public void A_removed_build_script_is_missed()
    {
        var checkout = checkouts.New();
        var before = checkout.Objects();
        checkout.Write("tiny/build.rs", "fn main() {\n    println!(\"cargo:rustc-env=TOLD=7\");\n}\n");
        checkout.Replace(Source, "    XDP_PASS\n", "    if option_env!(\"TOLD\").is_some() { 7 } else { XDP_PASS }\n");
        checkout.Build().Succeeded();
        Assert.NotEqual(before, checkout.Objects());
        File.Delete(checkout["tiny/build.rs"]);

        var build = checkout.Build().Succeeded();

        Assert.Contains(build.Steps, s => s.Step == "rustc pass" && s.Ran);
        Assert.Equal(before["modern/pass.o"].Length, checkout.Objects()["modern/pass.o"].Length);
    }

    [Fact]
    public void Cargos_configuration_is_an_input()
    {
        var checkout = checkouts.New();
        checkout.Write("tiny/.cargo/config.toml", "[profile.release]\nopt-level = 1\n");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            ["rustc count", "rustc drop_interface", "rustc pass"],
            build.Steps.Where(s => s is { Stage: "rustc", Outcome: "Modified/Executed" }).Select(s => s.Step).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Cargos_variables_are_inputs()
    {
        var checkout = checkouts.New();

        var build = checkout.BuildWith([("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")]).Succeeded();

        Assert.Equal(3, build.Steps.Count(s => s is { Stage: "rustc", Ran: true }));
    }

    [Fact]
    public void A_lock_file_that_cargo_writes_anew_changes_nothing()
    {
        var checkout = checkouts.New();
        File.Delete(checkout["tiny/Cargo.lock"]);

        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_declared_file_and_a_declared_variable_are_inputs()
    {
        var checkout = checkouts.New();
        checkout.Write("secret.txt", "1");
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"inputs\": [\"secret.txt\"], \"env\": [\"PROBE_SECRET\"]");
        checkout.Build().Succeeded();

        Assert.Equal("", checkout.Build().Succeeded().Reruns);
        Assert.Equal(RustcOfAll, checkout.BuildWith([("PROBE_SECRET", "2")]).Succeeded().Reruns);
        checkout.Write("secret.txt", "2");
        Assert.Equal(RustcOfAll, checkout.BuildWith([("PROBE_SECRET", "2")]).Succeeded().Reruns);
    }

    private const string RustcOfAll =
        """
        count: rustc Unchanged/Executed
        drop_interface: rustc Unchanged/Executed
        pass: rustc Unchanged/Executed
        """;
}
