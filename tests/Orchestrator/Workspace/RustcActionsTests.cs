using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Tests.Workspace;

/// <summary>What the key of a rustc step depends on, and what it must not depend on.</summary>
public sealed class RustcActionsTests : IDisposable
{
    private readonly Checkout _checkout = new();

    public void Dispose() => _checkout.Dispose();

    [Fact]
    public void A_second_look_gives_the_same_keys() => AssertKeys(weak: false, strong: false, () => { });

    [Fact]
    public void Another_checkout_elsewhere_has_the_same_keys()
    {
        using var other = new Checkout("somewhere/else entirely");

        Assert.Equal(_checkout.Actions().Weak.Key, other.Actions().Weak.Key);
        Assert.Equal(_checkout.Actions().Strong.Key, other.Actions().Strong.Key);
    }

    [Fact]
    public void Nothing_in_an_action_says_where_the_checkout_lies() =>
        Assert.All(_checkout.Actions().Strong.Ingredients(), i => Assert.DoesNotContain(_checkout.Root, $"{i.Key} {i.Value}", StringComparison.Ordinal));

    [Theory]
    [InlineData("a/Cargo.toml")]
    [InlineData("kit/Cargo.toml")]
    [InlineData("data/table.bin")]
    [InlineData("data/new/deep.bin")]
    [InlineData(".cargo/config.toml")]
    public void A_manifest_a_declared_input_and_cargos_configuration_change_both_keys(string file) =>
        AssertKeys(weak: true, strong: true, () => _checkout.Write(file, "edited = true"));

    [Fact]
    public void A_profile_changes_both_keys() =>
        AssertKeys(weak: true, strong: true, () => _checkout.Edit("Cargo.toml", "opt-level = 3", "opt-level = 2"));

    [Theory]
    [InlineData("a/src/main.rs")]
    [InlineData("kit/src/main.rs")]
    [InlineData("a/tree/deep/new.txt")]
    public void What_rustc_reads_changes_the_strong_key(string file) =>
        AssertKeys(weak: false, strong: true, () => _checkout.Write(file, "edited"));

    [Fact]
    public void A_file_that_rustc_read_and_that_is_gone_changes_the_strong_key() =>
        AssertKeys(weak: false, strong: true, () => _checkout.Delete("kit/src/main.rs"));

    [Theory]
    [InlineData("b/Cargo.toml")]
    [InlineData("b/src/main.rs")]
    [InlineData("a/src/unused.rs")]
    [InlineData("data/.hidden")]
    [InlineData("Cargo.lock")]
    [InlineData("README.md")]
    public void What_the_probe_does_not_depend_on_changes_nothing(string file) =>
        AssertKeys(weak: false, strong: false, () => _checkout.Write(file, "edited = true"));

    [Fact]
    public void A_new_member_changes_nothing() => AssertKeys(weak: false, strong: false, () =>
    {
        _checkout.Edit("Cargo.toml", "\"kit\"]", "\"kit\", \"c\"]");
        _checkout.Crates.Add("c", Crates.On("kit"));
    });

    [Fact]
    public void Another_version_of_a_dependency_changes_both_keys() =>
        AssertKeys(weak: true, strong: true, () => _checkout.Crates.Replace("kit", p => p with { Version = "0.2.0" }));

    [Fact]
    public void Another_source_of_a_dependency_changes_both_keys() =>
        AssertKeys(weak: true, strong: true, () => _checkout.Crates.Replace("kit", p => p with { Source = "git+https://example.org/kit#0123" }));

    // Some of it shows in other ingredients as well, today.
    [Fact]
    public void Packages_count_with_name_version_source_and_targets()
    {
        _checkout.Crates
            .Replace("kit", p => p with { Source = "git+https://example.org/kit#0123", Version = "0.2.0" })
            .Replace("a", p => p with { Targets = [.. p.Targets, new("build-script-build", ["custom-build"], []), new("a", ["lib"], []), new("t", ["test"], [])] });

        Assert.Equal("a 0.1.0 (path) custom-build:build-script-build lib:a kit=kit@0.2.0+git+https://example.org/kit#0123\nkit 0.2.0 git+https://example.org/kit#0123  ", _checkout.TextOf("(cargo)/packages"));
    }

    [Fact]
    public void The_command_line_names_package_and_bin()
    {
        Assert.Contains("--package=a", _checkout.Actions().Weak.Arguments);
        Assert.Contains("--bin=a", _checkout.Actions().Weak.Arguments);
    }

    [Fact]
    public void What_reads_nothing_that_is_known_is_still_another_action_than_what_is_known_of_it()
    {
        _checkout.Paths = new PathSet([], [], []);

        Assert.NotEqual(_checkout.Actions().Weak.Key, _checkout.Actions().Strong.Key);
    }

    [Fact]
    public void A_feature_that_another_probe_asks_for_changes_both_keys() =>
        AssertKeys(weak: true, strong: true, () => _checkout.Crates.Add("b", Crates.On("kit", "big")));

    [Fact]
    public void Names_that_come_to_stand_for_each_others_packages_change_both_keys()
    {
        _checkout.Crates.Add("one").Add("two").Add("a", Crates.On("one") with { Alias = "p" }, Crates.On("two") with { Alias = "q" });
        var edges = _checkout.Crates["a"].Edges;

        AssertKeys(weak: true, strong: true, () => _checkout.Crates.Replace("a", p => p with
        {
            Edges = [edges[0] with { Name = "q" }, edges[1] with { Name = "p" }],
        }));
    }

    [Fact]
    public void The_toolchain_changes_both_keys() => AssertKeys(weak: true, strong: true, () => _checkout.Toolchain = "rustc 1.96.0 ba9876543210");

    [Theory]
    [InlineData("""{"env": ["BPFINCR_TEST_TAG"], "inputs": ["data"], "universe": "2"}""")]
    [InlineData("""{"env": ["BPFINCR_TEST_TAG", "BPFINCR_TEST_OTHER"], "inputs": ["data"]}""")]
    [InlineData("""{"env": ["BPFINCR_TEST_TAG"]}""")]
    public void The_configuration_changes_both_keys(string settings) => AssertKeys(weak: true, strong: true, () => _checkout.Settings = settings);

    [Fact]
    public void Variants_and_probes_in_the_configuration_change_nothing() => AssertKeys(weak: false, strong: false, () => _checkout.Settings = """
        {"env": ["BPFINCR_TEST_TAG"], "inputs": ["data"], "output": "elsewhere", "variants": {"x": {"cpu": "v1"}}, "probes": {"a": {"unroll": true}}}
        """);

    [Fact]
    public void Options_change_both_keys()
    {
        AssertKeys(weak: true, strong: true, () => _checkout.Options = Crates.Options with { UserFlags = ["-Cdebuginfo=1"] });
        AssertKeys(weak: true, strong: true, () => _checkout.Options = Crates.Options with { DefaultFeatures = false });
        AssertKeys(weak: true, strong: true, () => _checkout.Options = Crates.Options with { Features = ["a/fast"] });
        AssertKeys(weak: true, strong: true, () => _checkout.Options = Crates.Options with { Lto = true });
        AssertKeys(weak: true, strong: true, () => _checkout.Options = Crates.Options with { Mode = Stages.Rustc.ToolchainMode.Host });
        AssertKeys(weak: true, strong: true, () => _checkout.Options = Crates.Options with { Triple = "bpfeb-unknown-none" });
    }

    [Fact]
    public void A_feature_of_another_probe_alone_changes_nothing()
    {
        _checkout.Options = Crates.Options;
        AssertKeys(weak: false, strong: false, () => _checkout.Options = Crates.Options with { Features = ["b/fast"] });
    }

    [Fact]
    public void A_manifest_from_which_a_package_outside_inherits_changes_both_keys()
    {
        _checkout.Crates.Replace("kit", p => p with { ManifestPath = Path.GetFullPath("../elsewhere/kit/Cargo.toml", _checkout.Root) });
        AssertKeys(weak: true, strong: true, () => _checkout.Write("../elsewhere/Cargo.toml", "[workspace.package]"));
    }

    [Fact]
    public void Cargos_units_depend_on_toolchain_flags_and_what_is_declared()
    {
        AssertSalt(() => _checkout.Toolchain = "rustc 1.96.0 ba9876543210");
        AssertSalt(() => _checkout.Options = Crates.Options with { UserFlags = ["-Cdebuginfo=1"] });
        AssertSalt(() => _checkout.Settings = """{"env": ["BPFINCR_TEST_TAG"], "inputs": ["data"], "universe": "2"}""");
        AssertSalt(() => _checkout.Settings = """{"env": ["BPFINCR_TEST_TAG", "BPFINCR_TEST_OTHER"], "inputs": ["data"], "universe": "2"}""");
        AssertSalt(() => _checkout.Write("data/table.bin", "edited"));
    }

    [Fact]
    public void Two_probes_are_two_steps() => Assert.NotEqual(_checkout.Actions("a").Weak.Key, _checkout.Actions("b").Weak.Key);

    [Fact]
    public void A_path_set_more_or_less_is_another_strong_key() => AssertKeys(
        weak: false, strong: true, () => _checkout.Paths = new PathSet(["a/src/main.rs"], [], ["BPFINCR_TEST_READ"]));

    [Theory]
    [InlineData("BPFINCR_TEST_TAG", true, true)]
    [InlineData("BPFINCR_TEST_READ", false, true)]
    [InlineData("BPFINCR_TEST_UNKNOWN", false, false)]
    [InlineData("CARGO_PROFILE_RELEASE_OPT_LEVEL", true, true)]
    [InlineData("CARGO_TARGET_BPFEL_UNKNOWN_NONE_RUSTFLAGS", true, true)]
    [InlineData("CARGO_BUILD_JOBS", false, false)]
    [InlineData("RUSTFLAGS", false, false)]
    public void Variables_count_when_they_are_declared_read_or_cargos(string name, bool weak, bool strong)
    {
        try
        {
            AssertKeys(weak, strong, () => Environment.SetEnvironmentVariable(name, "bpfincr-test"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public void A_variable_that_cargos_configuration_speaks_of_counts()
    {
        _checkout.Write(".cargo/config.toml", "[env]\nBPFINCR_TEST_CONFIGURED = \"unless it is set\"\n");
        try
        {
            AssertKeys(weak: true, strong: true, () => Environment.SetEnvironmentVariable("BPFINCR_TEST_CONFIGURED", "set"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("BPFINCR_TEST_CONFIGURED", null);
        }
    }

    [Fact]
    public void A_variable_that_is_declared_twice_counts_once()
    {
        var once = _checkout.Actions().Weak.Key;
        _checkout.Settings = """{"env": ["BPFINCR_TEST_TAG", "BPFINCR_TEST_TAG"], "inputs": ["data"]}""";

        Assert.Equal(once, _checkout.Actions().Weak.Key);
    }

    // The names that are no files share the tree with those that are.
    [Theory]
    [InlineData("(cargo)/features")]
    [InlineData("(cargo)/packages")]
    [InlineData("(cargo)/workspace")]
    public void A_source_file_never_hides_another_ingredient(string name)
    {
        var (weak, _) = _checkout.Actions();
        _checkout.Write(name, "a file of the workspace");
        _checkout.Paths = new PathSet([name], [], []);
        var (_, strong) = _checkout.Actions();

        Assert.Contains(weak.Inputs.Files[name], strong.Inputs.Files.Values);
    }

    private void AssertSalt(Action change)
    {
        var before = _checkout.Salt();
        change();
        Assert.NotEqual(before, _checkout.Salt());
    }

    private void AssertKeys(bool weak, bool strong, Action change)
    {
        var before = _checkout.Actions();
        change();
        var after = _checkout.Actions();

        Assert.Equal(weak, before.Weak.Key != after.Weak.Key);
        Assert.Equal(strong, before.Strong.Key != after.Strong.Key);
    }
}
