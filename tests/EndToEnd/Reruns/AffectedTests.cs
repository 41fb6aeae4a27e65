using BpfIncr.EndToEnd.Tests.Support;
using static BpfIncr.EndToEnd.Tests.Support.GitCheckout;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Which probes a change affects, in a git checkout.</summary>
public sealed class AffectedTests(GitCheckout git) : IClassFixture<GitCheckout>
{
    private readonly Checkout _checkout = git.Restore();

    [Fact]
    public void Nothing_changed() => AssertAffected();

    [Fact]
    public void A_source_of_one_probe()
    {
        Crates.WriteProbe(_checkout, "a", "x + 1");

        AssertAffected("a");
        Commit(_checkout, "second");
        AssertAffected();
        Assert.Equal("a\n", Affected("HEAD~1"));
    }

    [Fact]
    public void A_crate_that_one_probe_uses()
    {
        _checkout.Replace("mid/src/lib.rs", "+ 100", "+ 200");

        AssertAffected("b");
    }

    [Fact]
    public void A_crate_that_all_use_and_a_committed_change()
    {
        _checkout.Replace("kit/src/lib.rs", "x + 10", "x + 20");
        Commit(_checkout, "second");

        AssertAffected();
        Assert.Equal("a\nb\n", Affected("HEAD~1"));
    }

    [Fact]
    public void A_file_that_nobody_reads()
    {
        _checkout.Write("a name with ü,\na blank and a new line.md", "text");
        _checkout.Write("-option", "text");

        AssertAffected();
    }

    [Fact]
    public void A_file_with_an_odd_name_that_one_probe_reads()
    {
        _checkout.Write("odd größe \"name\".txt", "1");
        Crates.WriteProbe(_checkout, "b", "x + include_str!(\"../../../odd größe \\\"name\\\".txt\").len() as u32");
        Built("second");
        _checkout.Write("odd größe \"name\".txt", "22");

        AssertAffected("b");
    }

    [Fact]
    public void A_module_that_is_gone()
    {
        _checkout.Write("probes/b/src/part.rs", "pub const N: u32 = 1;");
        _checkout.Replace("probes/b/src/main.rs", "#[no_mangle]\n#[link_section = \"xdp\"]", "mod part;\n#[no_mangle]\n#[link_section = \"xdp\"]");
        Built("second");
        Tool.Do("mkdir", _checkout["probes/b/src/part"]);
        File.Move(_checkout["probes/b/src/part.rs"], _checkout["probes/b/src/part/mod.rs"]);

        AssertAffected("b");
    }

    [Fact]
    public void A_directory_of_another_name()
    {
        Directory.Move(_checkout["mid"], _checkout["middle"]);
        _checkout.Replace("Cargo.toml", "\"mid\"", "\"middle\"");
        _checkout.Replace("probes/b/Cargo.toml", "../../mid", "../../middle");
        Built("second");

        Assert.Equal("b\n", Affected("HEAD~1"));
    }

    [Fact]
    public void A_probe_that_git_does_not_know_yet()
    {
        Crates.WriteProbe(_checkout, "c", "x");

        AssertAffected("c");
    }

    [Fact]
    public void A_probe_that_is_gone()
    {
        Directory.Delete(_checkout["probes/a"], recursive: true);

        AssertAffected();
    }

    [Fact]
    public void Features_that_another_probe_asks_for_affect_all_who_share_the_crate()
    {
        Crates.WriteProbe(_checkout, "b", "mid::between(x)", "mid = { path = \"../../mid\", features = [\"more\"] }");

        AssertAffected("a", "b");
        Built("second");
        Assert.Equal("a\nb\n", Affected("HEAD~1"));
    }

    [Fact]
    public void A_workspace_that_gets_another_member_by_a_pattern_may_get_other_features()
    {
        Crates.WriteProbe(_checkout, "../more/c", "mid::between(x)", "mid = { path = \"../../mid\", features = [\"more\"] }");
        _checkout.Replace("more/c/Cargo.toml", "../more/c", "c");
        _checkout.Replace("more/c/src/main.rs", "../more/c", "c");
        Commit(_checkout, "a package that no workspace has");
        _checkout.Replace("Cargo.toml", "\"probes/*\"", "\"probes/*\", \"more/*\"");

        AssertAffected("a", "b", "c");
    }

    [Fact]
    public void The_layout_of_the_configuration_and_a_member_that_is_new_itself()
    {
        _checkout.Write("bpfincr.json", $"// ours\n{File.ReadAllText(_checkout["bpfincr.json"])}");
        AssertAffected();

        Crates.WriteProbe(_checkout, "c", "x");
        _checkout.Replace("Cargo.toml", "\"mid\", ", "\"mid\", \"probes/c\", ");
        AssertAffected("c");
    }

    [Fact]
    public void The_settings_of_one_probe_and_those_of_a_variant()
    {
        _checkout.Replace("bpfincr.json", "\"variants\"", "\"probes\": { \"a\": { \"unroll\": true } }, \"variants\"");
        AssertAffected("a");

        _checkout.Replace("bpfincr.json", "\"v1\"", "\"v2\"");
        AssertAffected("a", "b");
        Assert.Contains("no probe reads anything that changed", _checkout.Run("build", "--affected=HEAD", "--variant=two", "b").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Cargo.toml", "[profile.release]\n", "[profile.release]\nopt-level = 2\n")]
    [InlineData("bpfincr.json", "\"variants\"", "\"rustflags\": [\"-Copt-level=2\"], \"variants\"")]
    public void What_all_probes_have_in_common(string file, string old, string replacement)
    {
        _checkout.Replace(file, old, replacement);

        AssertAffected("a", "b");
    }

    [Fact]
    public void Cargos_configuration_and_the_choice_of_a_toolchain()
    {
        _checkout.Write(".cargo/config.toml", "[net]\noffline = true\n");
        AssertAffected("a", "b");
        Commit(_checkout, "second");

        _checkout.Write("rust-toolchain.toml", "# whatever is there\n");
        AssertAffected("a", "b");
    }

    [Fact]
    public void A_dependency_of_the_workspace_that_becomes_another()
    {
        _checkout.Write("Cargo.toml", $"{File.ReadAllText(_checkout["Cargo.toml"])}\n[workspace.dependencies]\nmid = {{ path = \"mid\" }}\n");
        _checkout.Replace("probes/b/Cargo.toml", "mid = { path = \"../../mid\" }", "mid.workspace = true");
        Tool.Do("cp", "-a", _checkout["mid"], _checkout["other"]);
        _checkout.Replace("other/src/lib.rs", "+ 100", "+ 300");
        _checkout.Replace("kit/Cargo.toml", "[features]\nbig = []\n", "");
        _checkout.Replace("kit/src/lib.rs", "if cfg!(feature = \"big\") { 2 } else { 1 }", "1");
        foreach (var manifest in (string[])["mid/Cargo.toml", "other/Cargo.toml"])
            _checkout.Replace(manifest, "[features]\nmore = [\"kit/big\"]\n", "");
        _checkout.Replace("Cargo.toml", "[workspace]", "[workspace]\nexclude = [\"other\"]");
        Built("second");
        _checkout.Replace("Cargo.toml", "\"mid\", ", "");
        _checkout.Replace("Cargo.toml", "exclude = [\"other\"]", "exclude = [\"mid\"]");
        _checkout.Replace("Cargo.toml", "{ path = \"mid\" }", "{ path = \"other\" }");

        AssertAffected("b");
    }

    [Fact]
    public void Another_version_in_the_lock_file_affects_those_who_use_it()
    {
        _checkout.Write(".cargo/config.toml", "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n");
        Crates.WriteProbe(_checkout, "b", "x + library::N", "library = \"1\"");
        Vendor("1.0.0");
        Built("second");
        AssertAffected();
        Directory.Delete(_checkout["vendor"], recursive: true);
        File.Delete(_checkout["Cargo.lock"]);
        Vendor("1.1.0");

        AssertAffected("b");

        void Vendor(string version)
        {
            var directory = $"vendor/library-{version}";
            _checkout.Write($"{directory}/Cargo.toml", $"[package]\nname = \"library\"\nversion = \"{version}\"\nedition = \"2021\"\n");
            _checkout.Write($"{directory}/src/lib.rs", $"#![no_std]\npub const N: u32 = {version[2]};\n");
            _checkout.Write($"{directory}/.cargo-checksum.json", $"{{ \"files\": {{}}, \"package\": \"{new string(version[2], 64)}\" }}");
        }
    }

    [Fact]
    public void A_submodule_counts_as_one()
    {
        var library = new Checkout(git.Beside("library"), _checkout.Cache);
        Tool.Do("cp", "-a", _checkout["mid"], library.Directory);
        Git(library, "init", "-q");
        Commit(library, "one");
        Directory.Delete(_checkout["mid"], recursive: true);
        Git(_checkout, "rm", "-q", "-r", "--cached", "mid");
        Git(_checkout, "submodule", "--quiet", "add", $"file://{library.Directory}", "mid");
        Built("second");
        AssertAffected();
        _checkout.Replace("mid/src/lib.rs", "+ 100", "+ 200");

        AssertAffected("b");
        Built("third");
        var inside = new Checkout(_checkout["mid"], _checkout.Cache);
        Commit(inside, "two");
        Assert.Equal("b\n", Affected("HEAD"));
        Commit(_checkout, "fourth");
        AssertAffected();
        Assert.Equal("b\n", Affected("HEAD~1"));
    }

    [Fact]
    public void A_source_behind_symbolic_links()
    {
        _checkout.Write("shared/verdict.rs", "3");
        File.CreateSymbolicLink(_checkout["probes/a/src/near"], "../../../far");
        Directory.CreateSymbolicLink(_checkout["far"], "shared");
        Crates.WriteProbe(_checkout, "a", "x + include!(\"near/verdict.rs\")");
        Built("second");
        AssertAffected();

        _checkout.Write("shared/verdict.rs", "4");
        AssertAffected("a");
        _checkout.Write("shared/verdict.rs", "3");
        AssertAffected();
        Tool.Do("cp", "-a", _checkout["shared"], _checkout["other"]);
        File.Delete(_checkout["far"]);
        Directory.CreateSymbolicLink(_checkout["far"], "other");
        AssertAffected("a");
    }

    [Fact]
    public void A_checkout_behind_a_symbolic_link_and_a_repository_that_begins_above()
    {
        Directory.Delete(_checkout[".git"], recursive: true);
        var top = new Checkout(Path.GetDirectoryName(_checkout.Directory)!, _checkout.Cache);
        top.Write("other/file", "text");
        Git(top, "init", "-q");
        Git(top, "config", "diff.relative", "true");
        Commit(top, "first");
        top.Write("other/file", "more text");
        AssertAffected();
        Directory.CreateSymbolicLink(git.Beside("link"), _checkout.Directory);
        var link = new Checkout(git.Beside("link"), _checkout.Cache);
        link.Build().Succeeded();
        Crates.WriteProbe(_checkout, "a", "x + 1");

        AssertAffected("a");
        Assert.Equal("a\n", link.Run("affected", "HEAD").Output);
        Assert.Equal("a\n", Tool.Run(Repository.Program, link["probes/b/src"], ["affected", "HEAD", "--cache-dir", link.Cache]).Output);
    }

    [Fact]
    public void A_revision_on_another_branch_is_compared_as_it_is()
    {
        Git(_checkout, "checkout", "-q", "-b", "other");
        Crates.WriteProbe(_checkout, "a", "x + 1");
        Commit(_checkout, "on the other branch");
        Git(_checkout, "checkout", "-q", "main");
        _checkout.Replace("probes/b/src/main.rs", "+ kit::SIZE", "+ 2 + kit::SIZE");
        Built("second");

        Assert.Equal("a\nb\n", Affected("other"));
        Assert.Equal("b\n", Affected("main~1"));
    }

    [Fact]
    public void Only_what_is_affected_is_built()
    {
        Crates.WriteProbe(_checkout, "a", "x + 1");

        var build = _checkout.Build("--affected=HEAD").Succeeded();

        Assert.All(build.Steps, s => Assert.StartsWith("a", s.Subject, StringComparison.Ordinal));
        Assert.Contains(build.Steps, s => s.Step == "codegen a/one" && s.Ran);
        Assert.Contains("nothing ran", _checkout.Build().Succeeded().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-branch")]
    [InlineData("HEAD:Cargo.toml")]
    public void An_unknown_revision_is_named(string revision)
    {
        var result = _checkout.Run("affected", revision);

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(
            $"error BPFI1071: git does not know the revision {revision}\n  help name a commit, a branch or a tag; fetch it when it is a remote's\n",
            result.Errors);
    }

    [Fact]
    public void A_shallow_clone_says_that_it_is_one()
    {
        Crates.WriteProbe(_checkout, "a", "x + 1");
        Commit(_checkout, "second");
        Git(_checkout, "clone", "-q", "--depth=1", $"file://{_checkout.Directory}", git.Beside("shallow"));

        var result = new Checkout(git.Beside("shallow"), _checkout.Cache).Run("affected", "HEAD~1");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("this is a shallow clone: fetch the revision with git fetch --unshallow", result.Errors, StringComparison.Ordinal);
    }

    private string Affected(string revision) => _checkout.Run("affected", revision).Output;

    private void AssertAffected(params string[] probes)
    {
        var result = _checkout.Run("affected", "HEAD");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(string.Concat(probes.Select(p => $"{p}\n")), result.Output);
    }

    private void Built(string message)
    {
        _checkout.Build().Succeeded();
        Commit(_checkout, message);
    }
}
