using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Tests.Workspace;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Engine;

/// <summary>Cargo's messages about real files, as cargo would send them: first it compiles, later it calls things fresh.</summary>
public sealed class UnitLedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly Crates _crates;

    public UnitLedgerTests()
    {
        _index = IndexDatabase.Open(_directory["index.db"], _ => { });
        _crates = new Crates(_directory["w"]).Add("kit").Add("a", Crates.On("kit")).Add("b", Crates.On("kit"));
        foreach (var file in (string[])["a/src/main.rs", "b/src/main.rs", "kit/src/lib.rs", "kit/src/used.rs"])
            _directory.Write($"w/{file}", "before");
    }

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_unit_that_is_fresh_and_was_not_touched_is_believed()
    {
        Compile("kit", "kit/src/lib.rs", "kit/src/used.rs");

        Assert.Empty(CallFresh("kit").StalePackages);
    }

    [Fact]
    public void A_unit_that_is_fresh_for_cargo_although_a_file_changed_under_its_old_time_is_stale()
    {
        Compile("kit", "kit/src/lib.rs", "kit/src/used.rs");
        var path = _directory["w/kit/src/used.rs"];
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, "behind");
        File.SetLastWriteTimeUtc(path, time);

        Assert.Equal(["kit"], CallFresh("kit").StalePackages);
    }

    [Fact]
    public void A_unit_that_was_compiled_again_is_believed_again()
    {
        Compile("kit", "kit/src/lib.rs");
        _directory.Write("w/kit/src/lib.rs", "behind");
        Compile("kit", "kit/src/lib.rs");

        Assert.Empty(CallFresh("kit").StalePackages);
    }

    [Fact]
    public void A_file_that_is_gone_makes_its_unit_stale()
    {
        Compile("kit", "kit/src/lib.rs", "kit/src/used.rs");
        File.Delete(_directory["w/kit/src/used.rs"]);

        Assert.Equal(["kit"], CallFresh("kit").StalePackages);
    }

    [Fact]
    public void A_file_of_another_name_in_a_tree_makes_its_unit_stale()
    {
        _directory.Write("w/kit/data/a", "same");
        FileClock.Settle();
        var compiled = Ledger();
        var message = BuildScript("cargo:rerun-if-changed=data");
        compiled.Add(message);
        FileClock.Settle();
        Assert.Empty(CallFresh(message).StalePackages);
        File.Move(_directory["w/kit/data/a"], _directory["w/kit/data/b"]);

        Assert.Equal(["kit"], CallFresh(message).StalePackages);
    }

    [Fact]
    public void Another_toolchain_or_flag_makes_every_unit_stale()
    {
        Compile("kit", "kit/src/lib.rs");

        Assert.Equal(["kit"], CallFresh("kit", salt: "another").StalePackages);
    }

    [Fact]
    public void A_unit_of_which_nothing_was_written_down_is_stale()
    {
        DepInfoOf("kit", "kit/src/lib.rs");

        Assert.Equal(["kit"], CallFresh("kit").StalePackages);
    }

    [Fact]
    public void A_variable_that_the_code_reads_makes_its_unit_stale()
    {
        const string Name = "BPFINCR_TEST_LEDGER";
        File.AppendAllText(DepInfoOf("kit", "kit/src/lib.rs"), $"\n# env-dep:{Name}=1\n");
        FileClock.Settle();
        Ledger().Add(Artifact("kit", fresh: false), DepInfoPath("kit"), []);
        try
        {
            Assert.Empty(CallFresh("kit").StalePackages);
            Environment.SetEnvironmentVariable(Name, "2");
            Assert.Equal(["kit"], CallFresh("kit").StalePackages);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Name, null);
        }
    }

    [Fact]
    public void A_file_that_changes_while_cargo_runs_is_noticed_and_its_unit_is_not_believed_later()
    {
        var depInfo = DepInfoOf("kit", "kit/src/lib.rs", "kit/src/used.rs");
        FileClock.Settle();
        var ledger = Ledger();
        _directory.Write("w/kit/src/used.rs", "behind");
        ledger.Add(Artifact("kit", fresh: false), depInfo, []);

        Assert.True(ledger.ChangedSinceStart([_directory["w/kit/src/lib.rs"], _directory["w/kit/src/used.rs"]]));
        Assert.False(ledger.ChangedSinceStart([_directory["w/kit/src/lib.rs"], _directory["w/kit/nothing"]]));
        Assert.Equal(["kit"], CallFresh("kit").StalePackages);
    }

    [Theory]
    [InlineData("other")]
    [InlineData(null)]
    public void A_product_that_is_not_what_was_made_makes_its_unit_stale(string? content)
    {
        var product = _directory.Write("w/target/bpf/cargo/release/deps/libkit-01.rlib", "made");
        FileClock.Settle();
        Ledger().Add(Artifact("kit", fresh: false), DepInfoOf("kit", "kit/src/lib.rs"), [product]);
        Assert.Empty(Stale());

        if (content is null)
            File.Delete(product);
        else
            File.WriteAllText(product, content);

        Assert.Equal(["kit"], Stale());

        IEnumerable<string> Stale()
        {
            var ledger = Ledger();
            ledger.Add(Artifact("kit", fresh: true), DepInfoPath("kit"), [product]);
            return ledger.StalePackages;
        }
    }

    [Fact]
    public void A_package_of_a_registry_is_believed()
    {
        _crates.Replace("kit", p => p with { Source = "registry+https://example.org/index" });
        Compile("kit", "kit/src/lib.rs");
        _directory.Write("w/kit/src/lib.rs", "behind");

        Assert.Empty(CallFresh("kit", salt: "another").StalePackages);
    }

    [Fact]
    public void A_probe_depends_on_what_its_own_bin_and_its_dependencies_read()
    {
        _directory.Write("outside.rs", "");
        var ledger = Ledger();
        ledger.Add(Artifact("kit", fresh: false), DepInfoOf("kit", "kit/src/lib.rs", "../outside.rs"), []);
        ledger.Add(Artifact("a", fresh: false, "bin"), DepInfoOf("a", "a/src/main.rs"), []);
        ledger.Add(Artifact("b", fresh: false, "bin"), DepInfoOf("b", "b/src/main.rs"), []);

        var paths = ledger.PathsOf(new Probe("a", _crates["a"], Unit()), _crates.Workspace.Closure(_crates["a"]));

        Assert.Equal(["../outside.rs", "a/src/main.rs", "kit/src/lib.rs"], paths.Files);
        Assert.Empty(paths.Trees);
        Assert.Empty(paths.Variables);
    }

    [Fact]
    public void What_was_generated_and_what_cargo_sets_are_no_inputs()
    {
        var ledger = Ledger();
        var depInfo = DepInfoOf("kit", "kit/src/lib.rs", _directory["w/target/bpf/cargo/release/build/kit-01/out/table.rs"]);
        File.AppendAllText(depInfo, "\n# env-dep:OUT_DIR=/x\n# env-dep:CARGO_PKG_VERSION=1\n# env-dep:PORTS=80\n# env-dep:HOME=/root\n");
        ledger.Add(new BuildScriptMessage(_crates["kit"].Id, _directory["w/target/bpf/cargo/release/build/kit-01/out"], ["PORTS"]));
        ledger.Add(Artifact("kit", fresh: false), depInfo, []);

        var paths = ledger.PathsOf(new Probe("a", _crates["a"], Unit()), [_crates["kit"]]);

        Assert.Equal(["kit/src/lib.rs"], paths.Files);
        Assert.Equal(["HOME"], paths.Variables);
    }

    [Fact]
    public void A_build_script_depends_on_what_it_says()
    {
        _directory.Write("w/kit/data/table.txt", "");
        var output = BuildScript("cargo:rerun-if-changed=ports.txt", "cargo::rerun-if-changed=data", "cargo:rerun-if-env-changed=TAG", "cargo:rustc-env=X=1");

        var paths = PathsOfKit(output);

        Assert.Equal(["kit/ports.txt"], paths.Files);
        Assert.Equal(["kit/data/"], paths.Trees);
        Assert.Equal(["TAG"], paths.Variables);
    }

    [Fact]
    public void A_build_script_that_says_nothing_depends_on_its_whole_package()
    {
        var paths = PathsOfKit(BuildScript("cargo:rustc-env=X=1"));

        Assert.Equal(["kit"], paths.Trees);
        Assert.Empty(paths.Files);
    }

    [Fact]
    public void Without_dep_info_any_file_of_the_package_may_have_been_read()
    {
        var ledger = Ledger();
        ledger.Add(Artifact("kit", fresh: false), null, []);

        Assert.Equal(["kit"], ledger.PathsOf(new Probe("a", _crates["a"], Unit()), [_crates["kit"]]).Trees);
    }

    private PathSet PathsOfKit(BuildScriptMessage message)
    {
        var ledger = Ledger();
        ledger.Add(message);
        return ledger.PathsOf(new Probe("a", _crates["a"], Unit()), [_crates["kit"]]);
    }

    private BuildScriptMessage BuildScript(params string[] lines)
    {
        _directory.Write("w/target/bpf/cargo/release/build/kit-01/output", string.Join('\n', lines));
        return new BuildScriptMessage(_crates["kit"].Id, _directory["w/target/bpf/cargo/release/build/kit-01/out"], []);
    }

    private void Compile(string package, params string[] files)
    {
        FileClock.Settle();
        var ledger = Ledger();
        ledger.Add(Artifact(package, fresh: false), DepInfoOf(package, files), []);
    }

    private UnitLedger CallFresh(string package, string salt = "salt")
    {
        var ledger = Ledger(salt);
        ledger.Add(Artifact(package, fresh: true), DepInfoPath(package), []);
        return ledger;
    }

    private UnitLedger CallFresh(BuildScriptMessage message)
    {
        var ledger = Ledger();
        ledger.Add(message);
        return ledger;
    }

    private UnitLedger Ledger(string salt = "salt") => new(Unit(), salt, new FileTable(_index, []), StartMark());

    private long StartMark() => FileStamp.Of(_directory.Write("started", "")).Changed;

    private CargoUnit Unit() => _crates.Unit(Crates.Options, "a", "b");

    private ArtifactMessage Artifact(string package, bool fresh, string kind = "lib") =>
        new(_crates[package].Id, package, [kind], [], null, fresh);

    private string DepInfoPath(string package) => _directory[$"w/target/bpf/cargo/release/deps/{package}-01.d"];

    private string DepInfoOf(string package, params string[] files) =>
        _directory.Write(DepInfoPath(package), $"{DepInfoPath(package)}: {string.Join(' ', files)}\n");
}
