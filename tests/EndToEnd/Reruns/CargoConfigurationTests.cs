using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Everything by which cargo can be told to compile otherwise: its configuration, its variables, patches and toolchain files.</summary>
public sealed class CargoConfigurationTests : IDisposable
{
    private readonly CrateCheckout _crates = new();

    private Checkout Checkout => _crates.Checkout;

    [Fact]
    public void A_file_that_the_configuration_includes_is_an_input()
    {
        Checkout.Write(".cargo/config.toml", "include = [\"more.toml\"]\n");
        Checkout.Write(".cargo/more.toml", "[profile.release]\nopt-level = 3\n");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Write(".cargo/more.toml", "[profile.release]\nopt-level = 1\n");

        var build = Checkout.Build().Succeeded();

        Assert.Equal(["rustc alpha", "rustc beta"], Compiled(build));
        _crates.AssertClean(further: ".cargo");
    }

    [Theory]
    [InlineData("[target.'cfg(target_arch = \"bpf\")']\nrustflags = [\"--cfg=told\"]\n")]
    [FurtherData("[build]\nrustflags = [\"--cfg=told\"]\n")]
    [FurtherData("[target.bpfel-unknown-none]\nrustflags = [\"--cfg=told\"]\n")]
    public void Flags_of_the_configuration_are_what_cargo_makes_of_them(string configuration)
    {
        Crates.WriteProbe(Checkout, "alpha", "x + if cfg!(told) { 7 } else { 8 }");
        Checkout.Build().Succeeded();
        Checkout.Write(".cargo/config.toml", configuration);

        var build = Checkout.Build().Succeeded();

        Assert.Equal(["rustc alpha", "rustc beta"], Compiled(build));
        _crates.AssertClean(further: ".cargo");
        File.Delete(Checkout[".cargo/config.toml"]);
        Assert.All(Checkout.Build().Succeeded().Steps, s => Assert.False(s.Ran));
    }

    [Fact]
    public void A_variable_that_the_configuration_sets_is_an_input()
    {
        Crates.WriteProbe(Checkout, "alpha", "x + option_env!(\"TOLD\").map_or(0, str::len) as u32");
        Checkout.Write(".cargo/config.toml", "[env]\nTOLD = \"four\"\n");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Write(".cargo/config.toml", "[env]\nTOLD = \"sixsix\"\n");

        var build = Checkout.Build().Succeeded();

        Assert.Contains(build.Steps, s => s is { Step: "codegen alpha/modern", Outcome: "Modified/Executed" });
        _crates.AssertClean(further: ".cargo");
    }

    [Fact]
    public void A_target_directory_of_the_configuration_is_left_alone()
    {
        Checkout.Write(".cargo/config.toml", "[build]\ntarget-dir = \"elsewhere\"\n");

        Checkout.BuildWith([("CARGO_TARGET_DIR", "another"), ("CARGO_BUILD_TARGET_DIR", "third")]).Succeeded();

        Assert.False(Directory.Exists(Checkout["elsewhere"]) || Directory.Exists(Checkout["another"]) || Directory.Exists(Checkout["third"]));
        _crates.AssertClean(further: ".cargo");
    }

    // aya's template has it; a prebuilt one is there.
    [Fact]
    public void A_core_that_the_configuration_has_compiled_is_not_needed()
    {
        Checkout.Write(".cargo/config.toml", "[unstable]\nbuild-std = [\"core\"]\n");

        var build = Hidden.Run(Checkout, [Hidden.Sources], ["build"]);

        Assert.True(build.ExitCode == 0, build.ToString());
        Assert.DoesNotContain("warning", build.Errors, StringComparison.Ordinal);
        _crates.AssertClean(further: ".cargo");
    }

    // Where more is unstable, cargo is what it is.
    [Fact]
    public void A_standard_library_that_cannot_be_compiled_is_named()
    {
        Checkout.Write(".cargo/config.toml", "[unstable]\nbuild-std = [\"core\"]\nbindeps = true\n");

        var build = Hidden.Run(Checkout, [Hidden.Sources], ["build"]);

        Assert.Equal(1, build.ExitCode);
        Assert.Contains("error BPFI2011: cargo failed for ", build.Errors, StringComparison.Ordinal);
        Assert.Contains("help \"build-std\" in Cargo's configuration", build.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CARGO_ENCODED_RUSTFLAGS", "--cfg\u001ftold")]
    [FurtherData("RUSTFLAGS", "--cfg=told")]
    [FurtherData("CARGO_BUILD_RUSTFLAGS", "--cfg=told")]
    public void Flags_of_the_environment_are_not_passed_on(string variable, string value)
    {
        Crates.WriteProbe(Checkout, "alpha", "x + if cfg!(told) { 7 } else { 8 }");
        Checkout.Build().Succeeded();

        Assert.Equal("", Checkout.BuildWith([(variable, value)]).Succeeded().Reruns);
        Crates.WriteProbe(Checkout, "alpha", "x + 1 + if cfg!(told) { 7 } else { 8 }");
        _crates.AssertRerun(CrateCheckout.Only("alpha"), [(variable, value)]);
        _crates.AssertClean();
    }

    [Theory]
    [InlineData("CARGO_TARGET_BPFEL_UNKNOWN_NONE_RUSTFLAGS", "--cfg=told")]
    [FurtherData("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true")]
    public void Variables_that_are_passed_on_are_inputs(string variable, string value)
    {
        Crates.WriteProbe(Checkout, "alpha", "x + unsafe { *context.add(1) } + if cfg!(told) { 7 } else { 8 }");
        Checkout.Build().Succeeded();

        var build = Checkout.BuildWith([(variable, value)]).Succeeded();

        Assert.Equal(["rustc alpha", "rustc beta"], Compiled(build));
        _crates.AssertClean([(variable, value)]);
        Assert.All(Checkout.Build().Succeeded().Steps, s => Assert.False(s.Ran));
        _crates.AssertClean();
    }

    [Fact]
    public void A_home_of_cargo_that_is_relative_is_relative_to_the_workspace()
    {
        Checkout.Write("home/config.toml", "[profile.release]\nopt-level = 1\n");
        (string, string)[] home = [("CARGO_HOME", "home")];

        var build = Checkout.BuildWith(home).Succeeded();

        Assert.Equal(["rustc alpha", "rustc beta"], Compiled(build));
        Checkout.Write("home/config.toml", "[profile.release]\nopt-level = 2\n");
        Assert.Contains(Checkout.BuildWith(home).Succeeded().Steps, s => s is { Step: "rustc alpha", Ran: true });
        _crates.AssertClean(home, "home");
    }

    [Fact]
    public void A_patched_dependency_is_the_one_that_counts()
    {
        Tool.Do("cp", "-a", Checkout["mid"], _crates.Beside("other"));
        var other = new Checkout(_crates.Beside("other"), Checkout.Cache);
        other.Replace("Cargo.toml", "../kit", "../checkout/kit");
        other.Replace("src/lib.rs", "+ 100", "+ 300");
        Directory.CreateDirectory(Checkout["vendor"]);
        Checkout.Write(".cargo/config.toml", "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n");
        Checkout.Replace("probes/beta/Cargo.toml", "mid = { path = \"../../mid\" }", "mid = \"0.1\"");
        Checkout.Replace("Cargo.toml", "[profile.dev]", "[patch.crates-io]\nmid = { path = \"mid\" }\n[profile.dev]");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Replace("Cargo.toml", "members = [\"kit\", \"mid\", ", "exclude = [\"mid\"]\nmembers = [\"kit\", ");
        Checkout.Replace("Cargo.toml", "mid = { path = \"mid\" }", "mid = { path = \"../other\" }");

        var build = Checkout.Build().Succeeded();
        Assert.Contains(build.Steps, s => s is { Step: "codegen beta/modern", Outcome: "Modified/Executed" });
        CrateCheckout.Settle();
        other.Replace("src/lib.rs", "+ 300", "+ 400");

        Assert.Equal(CrateCheckout.Only("beta"), Checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_toolchain_file_that_appears_is_looked_at()
    {
        Assert.Equal("", Checkout.Build().Succeeded().Reruns);
        Checkout.Write("rust-toolchain.toml", "[toolchain]\nchannel = \"stable\"\n");

        // Which toolchain it leads to depends on rustup; that of the distribution is still the best.
        Assert.Equal("", Checkout.Build().Succeeded().Reruns);
        _crates.AssertClean(further: "rust-toolchain.toml");
    }

    private static IEnumerable<string> Compiled(BuildResult build) =>
        build.Steps.Where(s => s is { Stage: "rustc", Ran: true }).Select(s => s.Step).Order(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose() => _crates.Dispose();
}
