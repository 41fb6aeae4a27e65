using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>
/// When nothing but a bin's own sources changed, the rustc call that cargo made before is made again, and cargo is not
/// called at all: it would make the directory of its fingerprints anew, which these tests remove.
/// </summary>
public sealed class WithoutCargoTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const string Source = "tiny/src/bin/pass.rs";
    private const string Fingerprints = "target/bpf/cargo/tiny/bpfel-unknown-none/release/.fingerprint";

    [Fact]
    public void An_edit_of_a_bin_is_compiled_without_cargo_and_gives_the_same_object()
    {
        var checkout = Compiled();
        checkout.Replace(Source, "    XDP_PASS + 1\n", "    XDP_PASS + 2\n");

        Assert.Equal(
            """
            pass: rustc Modified/Executed, link Modified/Executed
            pass/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, checkout.Build().Succeeded().Reruns);

        Assert.False(CargoWasCalled(checkout));
        var withoutCargo = checkout.Objects();
        var other = new Checkout(checkout.Directory, $"{checkout.Cache}-of-cargo");
        other.Run("clean");
        other.Build().Succeeded();
        Assert.True(CargoWasCalled(checkout));
        Assert.Equal(other.Objects(), withoutCargo);
    }

    [Fact]
    public void A_new_source_file_of_a_bin_is_an_input_from_then_on()
    {
        var checkout = Compiled();
        checkout.Write("tiny/verdict.rs", "3");
        checkout.Replace(Source, "    XDP_PASS + 1\n", "    XDP_PASS + include!(\"../../verdict.rs\")\n");
        checkout.Build().Succeeded();
        checkout.Write("tiny/verdict.rs", "4");

        Assert.Contains(checkout.Build().Succeeded().Steps, s => s.Step == "codegen pass/modern" && s.Ran);
    }

    [Fact]
    public void A_call_that_is_made_again_and_again_sees_the_variables_of_now()
    {
        var checkout = Compiled();
        var before = "    XDP_PASS + 1\n";
        foreach (var value in (string[])["6", "7", "8"])
        {
            var now = $"    XDP_PASS + matches!(option_env!(\"BPFINCR_TEST_VALUE\"), Some(\"{value}\")) as u32\n";
            checkout.Replace(Source, before, now);
            checkout.BuildWith([("BPFINCR_TEST_VALUE", value)]).Succeeded();
            before = now;
        }

        Assert.False(CargoWasCalled(checkout));
        var withoutCargo = checkout.Objects();
        var other = new Checkout(checkout.Directory, $"{checkout.Cache}-of-cargo");
        other.Run("clean");
        other.BuildWith([("BPFINCR_TEST_VALUE", "8")]).Succeeded();
        Assert.Equal(other.Objects(), withoutCargo);
    }

    [Theory]
    [InlineData("another cargo")]
    [FurtherData("")]
    public void A_call_is_not_made_again_with_variables_that_cargo_would_set_otherwise(string inherited)
    {
        var checkout = checkouts.NewWithOwnCache();
        checkout.Write("tiny/.cargo/config.toml", "[env]\nBPFINCR_TEST_VALUE = \"configured\"\n");
        checkout.Write("tiny/build.rs", "fn main() {\n    println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-env=BPFINCR_TEST_GIVEN=given\");\n}\n");
        checkout.Replace("tiny/Cargo.toml", "edition", "description = \"another cargo\"\nedition");
        checkout.BuildWith([("BPFINCR_TEST_GIVEN", "given"), ("CARGO_PKG_DESCRIPTION", inherited)]).Succeeded();
        checkout.Replace(Source, "    XDP_PASS\n", """
                XDP_PASS
                    + 10 * env!("BPFINCR_TEST_VALUE").len() as u32
                    + 100 * option_env!("BPFINCR_TEST_GIVEN").unwrap_or_default().len() as u32
                    + 1000 * option_env!("CARGO_PKG_DESCRIPTION").unwrap_or_default().len() as u32

            """);

        checkout.BuildWith([("BPFINCR_TEST_VALUE", "own")]).Succeeded();

        var objects = checkout.Objects();
        var other = new Checkout(checkout.Directory, $"{checkout.Cache}-of-cargo");
        other.Run("clean");
        other.BuildWith([("BPFINCR_TEST_VALUE", "own")]).Succeeded();
        Assert.Equal(other.Objects(), objects);
    }

    [Fact]
    public void A_call_whose_capture_another_one_has_replaced_is_not_made_again()
    {
        var checkout = Compiled();
        var manifest = File.ReadAllText(checkout["tiny/Cargo.toml"]);
        checkout.Write("tiny/Cargo.toml", manifest + "[lints.rust]\nunexpected_cfgs = \"allow\"\n");
        new Checkout(checkout.Directory, $"{checkout.Cache}-of-another").Build().Succeeded();
        Directory.Delete(checkout[Fingerprints], recursive: true);
        checkout.Write("tiny/Cargo.toml", manifest);
        checkout.Replace(Source, "    XDP_PASS + 1\n", "    XDP_PASS + 2\n");

        checkout.Build().Succeeded();

        Assert.True(CargoWasCalled(checkout));
    }

    [Fact]
    public void An_edit_of_the_library_below_is_left_to_cargo()
    {
        var checkout = Compiled();
        checkout.Replace("tiny/src/lib.rs", "pub const XDP_PASS: u32 = 2;", "pub const XDP_PASS: u32 = 3;");

        checkout.Build().Succeeded();

        Assert.True(CargoWasCalled(checkout));
    }

    [Fact]
    public void Another_flag_is_left_to_cargo()
    {
        var checkout = Compiled();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"rustflags\": [\"--cfg=other\"]");

        checkout.Build().Succeeded();

        Assert.True(CargoWasCalled(checkout));
    }

    [Fact]
    public void An_error_is_shown_once_and_by_cargo()
    {
        var checkout = Compiled();
        checkout.Replace(Source, "    XDP_PASS + 1\n", "    \"text\"\n");

        var build = checkout.Build();

        Assert.Equal(1, build.ExitCode);
        Assert.Equal(2, build.Errors.Split("mismatched types").Length);
        checkout.Replace(Source, "    \"text\"\n", "    XDP_PASS + 5\n");
        checkout.Build().Succeeded();
    }

    // A checkout whose bin has been compiled in it, by cargo, not found in the cache.
    private Checkout Compiled()
    {
        var checkout = checkouts.NewWithOwnCache();
        Directory.Delete(checkout.Cache, recursive: true);
        checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + 1\n");
        checkout.Build().Succeeded();
        Assert.True(CargoWasCalled(checkout));
        Directory.Delete(checkout[Fingerprints], recursive: true);
        return checkout;
    }

    private static bool CargoWasCalled(Checkout checkout) => Directory.Exists(checkout[Fingerprints]);
}
