using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>
/// Inputs that are easily missed. Each test ends with a comparison: the objects are those of a clean build of the same
/// sources.
/// </summary>
public sealed class HardInputTests : IDisposable
{
    private const string BuildScript = "probes/alpha/build.rs";

    private readonly TestDirectory _directory = new();
    private readonly Checkout _checkout;

    public HardInputTests()
    {
        _checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        Crates.WriteWorkspace(_checkout);
        _checkout.Configure("");
        Crates.WriteProbe(_checkout, "alpha", "kit::shared(x)");
        Crates.WriteProbe(_checkout, "beta", "kit::shared(x) + 1");
    }

    [Fact]
    public void A_variable_that_a_build_script_sets_wins_over_one_of_the_environment_also_without_cargo()
    {
        _checkout.Write(BuildScript, "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); println!(\"cargo:rustc-env=GEN=seven77\"); }");
        Crates.WriteProbe(_checkout, "alpha", "x + env!(\"GEN\").len() as u32 + env!(\"CARGO_PKG_VERSION\").len() as u32");
        (string, string)[] outer = [("GEN", "outer"), ("CARGO_PKG_VERSION", "99.99.99")];
        _checkout.BuildWith(outer).Succeeded();
        Crates.WriteProbe(_checkout, "alpha", "x + 5 + env!(\"GEN\").len() as u32 + env!(\"CARGO_PKG_VERSION\").len() as u32");
        _checkout.BuildWith(outer).Succeeded();

        AssertClean();
    }

    [Theory]
    [InlineData("")]
    [FurtherData("println!(\"cargo:rerun-if-changed=data.txt\");")]
    public void A_build_script_that_writes_among_the_sources_is_run_until_they_are_at_rest(string declarations)
    {
        _checkout.Write("probes/alpha/data.txt", "1");
        _checkout.Write(BuildScript, $$"""
            fn main() {
                {{declarations}}
                let data = std::fs::read_to_string("data.txt").unwrap();
                std::fs::write("src/made.rs", format!("pub const MADE: u32 = {data};")).unwrap();
            }
            """);
        Crates.WriteProbe(_checkout, "alpha", "x + { mod made { include!(\"made.rs\"); } made::MADE }");
        _checkout.Build().Succeeded();
        Assert.Equal("", _checkout.Build().Succeeded().Reruns);
        CrateCheckout.Settle();
        _checkout.Write("probes/alpha/data.txt", "2");

        AssertClean();
        Assert.Equal("", _checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void A_library_that_was_compiled_for_another_manifest_in_between_is_not_linked()
    {
        var manifest = File.ReadAllText(_checkout["kit/Cargo.toml"]);
        _checkout.Write("kit/Cargo.toml", manifest.Replace("edition", "description = \"one\"\nedition", StringComparison.Ordinal));
        _checkout.Replace("kit/src/lib.rs", "x + 10", "x + env!(\"CARGO_PKG_DESCRIPTION\").len() as u32");
        _checkout.Build().Succeeded();
        CrateCheckout.Settle();
        var one = File.ReadAllText(_checkout["kit/Cargo.toml"]);
        _checkout.Write("kit/Cargo.toml", one.Replace("one", "eleven", StringComparison.Ordinal));
        _checkout.Build("beta").Succeeded();
        _checkout.Write("kit/Cargo.toml", one);
        Crates.WriteProbe(_checkout, "alpha", "kit::shared(x) + 2");
        _checkout.Run("build", "alpha");

        AssertClean();
    }

    [Fact]
    public void A_root_manifest_that_a_probe_reads_matters_to_all_the_same()
    {
        _checkout.Replace("kit/src/lib.rs", "x + 10", "10 + unsafe { core::ptr::read_volatile(&x) }");
        Crates.WriteProbe(_checkout, "alpha", "include_str!(\"../../../Cargo.toml\").len() as u32 + x");
        _checkout.Build().Succeeded();
        CrateCheckout.Settle();
        _checkout.Run("build");
        _checkout.Write("Cargo.toml", File.ReadAllText(_checkout["Cargo.toml"]) + "\noverflow-checks = true\n");

        AssertClean();
    }

    [Fact]
    public void A_new_bin_in_a_package_whose_every_file_counts_is_found()
    {
        _checkout.Write(BuildScript, "fn main() {}");
        _checkout.Build().Succeeded();
        CrateCheckout.Settle();
        _checkout.Run("build");
        _checkout.Write("probes/alpha/src/bin/extra.rs", File.ReadAllText(_checkout["probes/beta/src/main.rs"]));

        AssertClean();
        Assert.True(File.Exists(_checkout.ObjectOf("extra")));
    }

    [Fact]
    public void A_missing_file_that_appears_as_a_directory_counts_with_all_in_it()
    {
        _checkout.Write(BuildScript, """
            fn main() {
                println!("cargo:rerun-if-changed=gen");
                println!("cargo:rustc-env=GEN={}", std::fs::read_to_string("gen/x").unwrap_or_default().trim());
            }
            """);
        Crates.WriteProbe(_checkout, "alpha", "x + env!(\"GEN\").len() as u32");
        _checkout.Build().Succeeded();
        CrateCheckout.Settle();
        _checkout.Run("build");
        _checkout.Write("probes/alpha/gen/x", "four");
        AssertClean();
        _checkout.Write("probes/alpha/gen/x", "sixsix");

        AssertClean();
    }

    [Theory]
    [InlineData("data/target/x")]
    [FurtherData("data/.hidden")]
    [FurtherData("data/link/x")]
    public void A_tree_has_no_blind_spot(string file)
    {
        Directory.CreateDirectory(_directory["outside"]);
        File.WriteAllText(_directory["outside/x"], "1");
        Directory.CreateDirectory(_checkout["probes/alpha/data"]);
        Directory.CreateSymbolicLink(_checkout["probes/alpha/data/link"], _directory["outside"]);
        _checkout.Write($"probes/alpha/{file}", "1");
        _checkout.Write(BuildScript, $$"""
            fn main() {
                println!("cargo:rerun-if-changed=data");
                println!("cargo:rustc-env=GEN={}", std::fs::read_to_string("{{file}}").unwrap().trim());
            }
            """);
        Crates.WriteProbe(_checkout, "alpha", "x + env!(\"GEN\").len() as u32");
        _checkout.Build().Succeeded();
        CrateCheckout.Settle();
        _checkout.Run("build");
        _checkout.Write($"probes/alpha/{file}", "22");

        var build = _checkout.Build().Succeeded();

        Assert.Contains(build.Steps, s => s.Step == "rustc alpha" && s.Ran);
    }

    [Fact]
    public void Two_configurations_of_one_directory_are_two()
    {
        _checkout.Write("other.json", "{ \"variants\": { \"modern\": { \"cpu\": \"v1\", \"optimize\": \"Oz\" } } }");
        _checkout.Build().Succeeded();
        var modern = _checkout.Objects();
        Assert.Equal(0, Tool.Run(Repository.Program, "/", ["build", "--config", _checkout["other.json"], "--cache-dir", _checkout.Cache]).ExitCode);
        Assert.NotEqual(modern, _checkout.Objects());
        _checkout.Write("other.json", "{ \"variants\": { \"modern\": { \"no such key\": 1 } } }");

        Assert.Equal(2, Tool.Run(Repository.Program, "/", ["build", "--config", _checkout["other.json"], "--cache-dir", _checkout.Cache]).ExitCode);
    }

    [Fact]
    public void What_a_crate_outside_inherits_from_its_own_workspace_counts()
    {
        File.WriteAllText(Made("outside/Cargo.toml"), "[workspace]\nmembers = [\"lib\"]\n[workspace.package]\ndescription = \"one\"\n");
        File.WriteAllText(Made("outside/lib/Cargo.toml"), "[package]\nname = \"lib\"\nversion = \"0.1.0\"\nedition = \"2021\"\ndescription.workspace = true\n");
        File.WriteAllText(Made("outside/lib/src/lib.rs"), "#![no_std]\npub const N: u32 = env!(\"CARGO_PKG_DESCRIPTION\").len() as u32 + if cfg!(told) { 1000 } else { 0 };\n");
        Crates.WriteProbe(_checkout, "alpha", "x + lib::N", "lib = { path = \"../../../outside/lib\" }");
        _checkout.Build().Succeeded();
        CrateCheckout.Settle();
        _checkout.Run("build");
        File.WriteAllText(_directory["outside/Cargo.toml"], "[workspace]\nmembers = [\"lib\"]\n[workspace.package]\ndescription = \"eleven\"\n");
        AssertClean();
        File.WriteAllText(_directory["outside/lib/build.rs"], "fn main() { println!(\"cargo:rustc-check-cfg=cfg(told)\"); println!(\"cargo:rustc-cfg=told\"); }");

        AssertClean();
    }

    [Fact]
    public void A_pipe_among_the_sources_is_not_waited_for()
    {
        _checkout.Write(BuildScript, "fn main() {}");
        Tool.Do("mkfifo", _checkout["probes/alpha/pipe"]);

        // One that waits for the pipe waits for ever, and every build has a deadline.
        _checkout.Build().Succeeded();
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private string Made(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory[path])!);
        return _directory[path];
    }

    private void AssertClean()
    {
        var build = _checkout.Run("build");
        Assert.True(build.ExitCode == 0, build.ToString());
        var clean = new Checkout(_directory["clean"], _directory["clean-cache"]);
        Directory.CreateDirectory(clean.Directory);
        foreach (var part in (string[])["Cargo.toml", "Cargo.lock", "bpfincr.json", "kit", "mid", "probes"])
            Tool.Do("cp", "-a", _checkout[part], clean.Directory);
        Assert.Equal(0, clean.Run("build").ExitCode);
        var (expected, actual) = (clean.Objects(), _checkout.Objects());
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (path, content) in expected)
            Assert.True(content.AsSpan().SequenceEqual(actual[path]), $"{path} is not what a clean build gives\n{build}");
        Directory.Delete(clean.Directory, recursive: true);
        Directory.Delete(clean.Cache, recursive: true);
    }
}
