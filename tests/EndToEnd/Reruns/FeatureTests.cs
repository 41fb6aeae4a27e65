using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Cargo unifies the features of a shared crate over all probes, so one probe's manifest can change another's code.</summary>
public sealed class FeatureTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    [Fact]
    public void A_feature_that_another_probe_asks_for_through_a_crate_between_changes_this_probe()
    {
        var checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        Crates.WriteWorkspace(checkout);
        Crates.WriteProbe(checkout, "a", "x");
        Crates.WriteProbe(checkout, "b", "mid::between(x)", "mid = { path = \"../../mid\" }");
        checkout.Build().Succeeded();
        Crates.WriteProbe(checkout, "b", "mid::between(x)", "mid = { path = \"../../mid\", features = [\"more\"] }");

        var build = checkout.Build().Succeeded();

        Assert.Contains(build.Steps, s => s.Step == "codegen a/one" && s.Outcome == "Modified/Executed");
        var fresh = new Checkout(checkout.Directory, _directory["other-cache"]);
        var objects = checkout.Objects();
        fresh.Run("clean");
        fresh.Build().Succeeded();
        Assert.Equal(fresh.Objects(), objects);
    }

    [Theory]
    [InlineData("edition = \"2018\"\n", "[workspace]\n")]
    [InlineData("edition = \"2018\"\n", "")]
    [InlineData("edition = \"2021\"\n", "[workspace]\n")]
    [InlineData("edition = \"2021\"\n", "[workspace]\nresolver = \"1\"\n")]
    public void A_package_that_is_the_whole_workspace_gets_its_features(string edition, string workspace)
    {
        var checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        WritePackage(checkout, ".", "only", edition, "probes");
        checkout.Write("Cargo.toml", $"{File.ReadAllText(checkout["Cargo.toml"])}{workspace}[profile.release]\npanic = \"abort\"\n");
        checkout.Configure("\"features\": [\"probes\"]");

        checkout.Build().Succeeded();

        Assert.Equal(["modern/only.o"], checkout.Objects().Keys);
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    // What is asked of one package is not there for the other, though it has a feature of that name.
    [Theory]
    [InlineData("1", true)]
    [InlineData("2", true)]
    [InlineData("1", false)]
    [InlineData("2", false)]
    public void Each_package_of_a_workspace_gets_its_own_features(string resolver, bool hasRootPackage)
    {
        var checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        WritePackage(checkout, hasRootPackage ? "." : "first", "first", "edition = \"2018\"\n", "one", absent: "two");
        WritePackage(checkout, "second", "second", "edition = \"2018\"\n", "two", absent: "one");
        var root = hasRootPackage ? File.ReadAllText(checkout["Cargo.toml"]) : "";
        checkout.Write("Cargo.toml", $"{root}[workspace]\nresolver = \"{resolver}\"\nmembers = [{(hasRootPackage ? "" : "\"first\", ")}\"second\"]\n[profile.release]\npanic = \"abort\"\n");
        checkout.Configure("\"probes\": { \"first\": { \"features\": [\"one\"] }, \"second\": { \"features\": [\"two\"] } }");

        checkout.Build().Succeeded();

        Assert.Equal(["modern/first.o", "modern/second.o"], checkout.Objects().Keys);
    }

    private static void WritePackage(Checkout checkout, string directory, string name, string edition, string present, string absent = "absent")
    {
        checkout.Write($"{directory}/Cargo.toml", $"""
            [package]
            name = "{name}"
            version = "0.1.0"
            {edition}
            [features]
            {present} = []
            {absent} = []
            [[bin]]
            name = "{name}"
            path = "src/main.rs"
            required-features = ["{present}"]

            """);
        checkout.Write($"{directory}/src/main.rs", $$"""
            #![no_std]
            #![no_main]
            #[cfg(feature = "{{absent}}")]
            compile_error!("a feature of another package");
            #[no_mangle]
            #[link_section = "license"]
            static LICENSE: [u8; 4] = *b"GPL\0";
            #[no_mangle]
            #[link_section = "xdp"]
            extern "C" fn {{name}}(_context: *const u32) -> u32 {
                2
            }
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! {
                loop {}
            }
            """);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
