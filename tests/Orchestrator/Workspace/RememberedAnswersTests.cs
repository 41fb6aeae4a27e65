using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Tests.Model;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Workspace;

/// <summary>What makes bpfincr ask rustc and cargo again, instead of believing what they said the last time.</summary>
public sealed class RememberedAnswersTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly FileTable _files;
    private readonly FakePrograms _programs = new();
    private readonly ModelWorkspace _workspace;
    private Settings _settings;
    private string _cargo = "/usr/bin/cargo";

    public RememberedAnswersTests()
    {
        _index = IndexDatabase.Open(_directory["index.db"], _ => { });
        _files = new FileTable(_index, []);
        _workspace = new ModelWorkspace(_directory["w"], "BPFINCR_TEST_ANSWERS_");
        _workspace.Create();
        _settings = SettingsReader.Read(_workspace.Configuration).Settings! with { Rustc = _directory["w/toolchain/rustc"] };
    }

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_second_look_asks_nobody()
    {
        AssertAsked(0, AskForToolchain, () => { });
        AssertAsked(0, AskForPackages, () => { });
    }

    [Fact]
    public void Who_trusts_what_is_remembered_asks_nobody()
    {
        AskForPackages();
        _directory.Write("w/Cargo.toml", "[workspace]\n\n[profile.release]\nopt-level = 3\n");

        Packages(_workspace, trusted: true);

        Assert.Equal(1, _programs.Questions);
    }

    [Fact]
    public void Another_configuration_asks_for_the_toolchain_again()
    {
        AssertAsked(1, AskForToolchain, () => _settings = _settings with { Rustc = "other/rustc" });
        AssertAsked(1, AskForToolchain, () => _settings = _settings with { Mode = ToolchainMode.Host });
    }

    [Fact]
    public void Who_wants_every_toolchain_asks_again() =>
        AssertAsked(1, AskForToolchain, () => ToolchainSelection.Candidates(_settings, new Memo(_index, _files), _files, _programs, all: true));

    [Theory]
    [InlineData("toolchain/rustc")]
    [InlineData("toolchain/llvm")]
    [InlineData("toolchain/libcore-1.rlib")]
    [InlineData("rust-toolchain")]
    [InlineData("rust-toolchain.toml")]
    [InlineData("../rust-toolchain.toml")]
    public void A_file_that_can_lead_to_another_toolchain_asks_again(string file) =>
        AssertAsked(1, AskForToolchain, () => _directory.Write($"w/{file}", "rustc 2.0.0\nLLVM version: 23\nhost: model\n"));

    [Fact]
    public void A_toolchain_file_that_changes_asks_again()
    {
        _directory.Write("w/rust-toolchain.toml", "[toolchain]\n");

        AssertAsked(1, AskForToolchain, () => _directory.Write("w/rust-toolchain.toml", "[toolchain]\nchannel = \"nightly\"\n"));
    }

    [Fact]
    public void A_directory_of_which_rustup_knows_nothing_has_the_answer_of_another() =>
        AssertAsked(0, AskForToolchain, () => MoveTo("elsewhere"));

    [Fact]
    public void A_directory_with_a_toolchain_of_its_own_asks()
    {
        _directory.Write("elsewhere/rust-toolchain.toml", "[toolchain]\n");

        AssertAsked(1, AskForToolchain, () => MoveTo("elsewhere"));
        AssertAsked(1, AskForToolchain, () => MoveTo("elsewhere/below"));
    }

    [Fact]
    public void A_directory_for_which_rustup_was_told_another_toolchain_asks()
    {
        var before = Environment.GetEnvironmentVariable("RUSTUP_HOME");
        try
        {
            Environment.SetEnvironmentVariable("RUSTUP_HOME", _directory["rustup"]);
            _directory.Write("rustup/settings.toml", $"[overrides]\n\"{_directory["elsewhere"]}\" = \"nightly\"\n");

            AssertAsked(1, AskForToolchain, () => MoveTo("elsewhere/below"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("RUSTUP_HOME", before);
        }
    }

    [Fact]
    public void A_program_that_appears_where_none_was_asks_again()
    {
        _settings = _settings with { Rustc = "other/rustc" };

        AssertAsked(1, AskForToolchain, () => _directory.Write("w/other/rustc", "rustc 2.0.0\n"));
    }

    [Fact]
    public void Another_cargo_is_asked_for_packages_again() =>
        AssertAsked(1, AskForPackages, () => _cargo = "/opt/cargo");

    [Fact]
    public void A_clone_of_the_same_sources_asks_nobody_and_has_its_own_paths()
    {
        var here = Packages(_workspace);
        var there = Packages(Clone());

        Assert.Equal(1, _programs.Questions);
        Assert.Equal(_directory["v"], there.Root);
        Assert.Equal(
            here.Packages.Values.Select(p => (p.Id, p.ManifestPath, p.Name)).Select(p => $"{p}".Replace(_directory["w"], _directory["v"], StringComparison.Ordinal)).Order(),
            there.Packages.Values.Select(p => $"{(p.Id, p.ManifestPath, p.Name)}").Order());
        Assert.All(there.Packages.Values.SelectMany(p => p.Edges.Select(e => e.PackageId)).Concat(there.Members), id => Assert.Contains(id, there.Packages));
        Assert.Equal(there.Packages.Values.Sum(p => p.Edges.Length), here.Packages.Values.Sum(p => p.Edges.Length));
    }

    [Theory]
    [InlineData("Cargo.toml")]
    [InlineData("Cargo.lock")]
    [InlineData("kit/Cargo.toml")]
    [InlineData(".cargo/config.toml")]
    [InlineData("../.cargo/config.toml")]
    [InlineData("probes/a/src/bin/new.rs")]
    public void A_clone_in_which_a_file_can_change_the_packages_asks(string file)
    {
        Packages(_workspace);
        var clone = Clone();
        Directory.CreateDirectory(Path.GetDirectoryName(_directory[$"v/{file}"])!);
        File.AppendAllText(_directory[$"v/{file}"], "# edited\n");

        Packages(clone);

        Assert.Equal(2, _programs.Questions);
    }

    [Fact]
    public void A_clone_with_another_cargo_or_another_home_of_cargos_asks()
    {
        var before = Environment.GetEnvironmentVariable("CARGO_HOME");
        try
        {
            Packages(_workspace);
            Environment.SetEnvironmentVariable("CARGO_HOME", _directory["home"]);
            Packages(Clone("other"));
            _cargo = "/opt/cargo";
            Packages(Clone("another"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CARGO_HOME", before);
        }

        Assert.Equal(3, _programs.Questions);
    }

    [Theory]
    [InlineData("Cargo.toml")]
    [InlineData("Cargo.lock")]
    public void Clones_of_two_states_of_the_sources_have_an_answer_each(string file)
    {
        Packages(_workspace);
        var other = Clone("other");
        File.AppendAllText(_directory[$"other/{file}"], "# edited\n");
        Packages(other);
        Assert.Equal(2, _programs.Questions);

        Packages(Clone());
        var another = Clone("another");
        File.AppendAllText(_directory[$"another/{file}"], "# edited\n");
        Packages(another);

        Assert.Equal(2, _programs.Questions);
    }

    [Fact]
    public void A_clone_without_a_lock_file_or_with_a_path_that_ids_spell_otherwise_asks()
    {
        Packages(_workspace);
        Packages(Clone("a place"));
        var clone = Clone();
        File.Delete(_directory["v/Cargo.lock"]);
        Packages(clone);

        Assert.Equal(3, _programs.Questions);
    }

    private ModelWorkspace Clone(string name = "v")
    {
        var clone = new ModelWorkspace(_directory[name], "BPFINCR_TEST_ANSWERS_");
        clone.Create();
        return clone;
    }

    [Theory]
    [InlineData("Cargo.toml")]
    [InlineData("Cargo.lock")]
    [InlineData("kit/Cargo.toml")]
    [InlineData(".cargo/config.toml")]
    [InlineData("../.cargo/config.toml")]
    [InlineData("probes/a/new.rs")]
    [InlineData("probes/a/src/new.rs")]
    [InlineData("probes/a/src/bin/new.rs")]
    [InlineData("probes/a/src/bin/there/new.rs")]
    public void A_file_that_can_change_the_packages_asks_again(string file)
    {
        _directory.Write("w/probes/a/src/bin/there/main.rs", "");
        Directory.CreateDirectory(Path.GetDirectoryName(_directory[$"w/{file}"])!);

        AssertAsked(1, AskForPackages, () => File.AppendAllText(_directory[$"w/{file}"], "# edited\n"));
    }

    [Fact]
    public void A_package_where_a_glob_found_none_asks_again()
    {
        foreach (var probe in Directory.GetDirectories(_directory["w/probes"]))
            Directory.Delete(probe, recursive: true);

        AssertAsked(1, AskForPackages, () => _directory.Write("w/probes/first/Cargo.toml", "package first 0.1.0\n"));
    }

    [Fact]
    public void A_manifest_where_a_glob_found_a_directory_without_one_asks_again()
    {
        Directory.CreateDirectory(_directory["w/probes/later"]);

        AssertAsked(1, AskForPackages, () => _directory.Write("w/probes/later/Cargo.toml", "package later 0.1.0\n"));
    }

    [Fact]
    public void A_manifest_from_which_a_package_outside_may_inherit_asks_again()
    {
        _directory.Write("outside/Cargo.toml", "package outside 0.1.0\n");

        AssertAsked(1, AskForPackages, () => _directory.Write("Cargo.toml", ""));
    }

    [Fact]
    public void A_variable_that_can_lead_to_another_toolchain_asks_again()
    {
        try
        {
            AssertAsked(1, AskForToolchain, () => Environment.SetEnvironmentVariable("RUSTUP_TOOLCHAIN", "bpfincr-test"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("RUSTUP_TOOLCHAIN", null);
        }
    }

    [Fact]
    public void The_identity_is_that_of_version_compiler_and_libraries_wherever_they_lie()
    {
        var before = Identity("rustc 1\nLLVM version: 22.1", "a");

        Assert.NotEqual(before.Identity, Identity("rustc 1\nLLVM version: 22.1\nrelease: 2", "a").Identity);
        Assert.NotEqual(before.Identity, Identity("rustc 1\nLLVM version: 22.1", "b").Identity);
        Assert.NotEqual(before.LlvmIdentity, Identity("rustc 1\nLLVM version: 22.1", "b").LlvmIdentity);
        Assert.Equal(before.Identity, Identity("rustc 1\nLLVM version: 22.1", "a", "elsewhere").Identity);
    }

    [Fact]
    public void A_clone_behind_a_link_asks()
    {
        Clone();
        Directory.CreateSymbolicLink(_directory["link"], _directory["v"]);
        var link = new ModelWorkspace(_directory["link"], "BPFINCR_TEST_ANSWERS_");

        AssertAsked(1, () => Packages(_workspace), () => Packages(link));
    }

    [Fact]
    public void An_answer_about_a_manifest_that_was_edited_meanwhile_is_not_remembered()
    {
        var manifest = _directory["w/kit/Cargo.toml"];
        var before = File.ReadAllText(manifest);
        Packages(_workspace);
        _directory.Write("w/Cargo.lock", "edited");
        _programs.WhileAsked = () => File.WriteAllText(manifest, before.Replace("0.1.0", "0.2.0", StringComparison.Ordinal));
        Assert.Contains(Packages(_workspace).Packages.Values, p => p.Version == "0.2.0");
        File.WriteAllText(manifest, before);
        _programs.WhileAsked = null;

        Assert.DoesNotContain(Packages(_workspace).Packages.Values, p => p.Version == "0.2.0");
    }

    [Fact]
    public void A_directory_where_packages_lie_asks_again() =>
        AssertAsked(1, AskForPackages, () => Directory.CreateDirectory(_directory["w/probes/new"]));

    [Fact]
    public void A_source_that_changes_asks_nobody() =>
        AssertAsked(0, AskForPackages, () => File.AppendAllText(_directory["w/probes/a/src/main.rs"], "fn more 1\n"));

    [Fact]
    public void That_LLVM_does_not_answer_is_an_error_and_not_remembered()
    {
        _directory.Write("w/bpfincr.json", """{ "variants": { "modern": { "cpu": "v3" } } }""");
        var settings = SettingsReader.Read(_workspace.Configuration).Settings!;
        _programs.LlvmIsSilent = true;
        Assert.Equal("BPFI2602", Assert.Single(CheckLlvm(settings)).Id);
        _programs.LlvmIsSilent = false;

        Assert.Empty(CheckLlvm(settings));
    }

    private IEnumerable<Diagnostic> CheckLlvm(Settings settings) =>
        new LlvmOptionCheck(settings, _directory["w/toolchain/llvm"], new Memo(_index, _files), _programs).Run();

    private SelectedToolchain Identity(string version, string llvm, string place = "here")
    {
        var path = _directory.Write($"{place}/libLLVM.so", llvm);
        var toolchain = Toolchain() with { Version = version, Llvm = path, IdentityFiles = [path] };
        return ToolchainSelection.Select([new ToolchainCandidate("rustc", "", toolchain)], new FileTable(_index, []))!;
    }

    // The same rustc, wherever the configuration lies.
    private void MoveTo(string place) => _settings = _settings with { Directory = _directory[place] };

    private void AskForToolchain()
    {
        _files.Refresh();
        ToolchainSelection.Candidates(_settings, new Memo(_index, _files), _files, _programs);
    }

    private void AskForPackages() => Packages(_workspace);

    private CargoWorkspace Packages(ModelWorkspace workspace, bool trusted = false)
    {
        _files.Refresh();
        return new CargoMetadata(new Memo(_index, _files, trusted), _files, _programs, Toolchain()).Read(workspace.Root).Workspace!;
    }

    private Toolchain Toolchain() => new(ToolchainMode.Bpf, "/usr/bin/rustc", _cargo, "/usr", "bpfel-unknown-none", "rustc 1.96.0", "", []);

    private void AssertAsked(int times, Action ask, Action change)
    {
        ask();
        var before = _programs.Questions;
        change();
        ask();
        Assert.Equal(times, _programs.Questions - before);
    }
}
