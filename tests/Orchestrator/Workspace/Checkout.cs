using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Workspace;

/// <summary>A small workspace on disk (probes <c>a</c> and <c>b</c>, both with <c>kit</c>), and the keys of probe <c>a</c> in it.</summary>
internal sealed class Checkout : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public Checkout(string name = "checkout")
    {
        Root = _directory[name];
        Write("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\", \"kit\"]\n\n[profile.release]\nopt-level = 3\n");
        foreach (var package in (string[])["a", "b", "kit"])
        {
            Write($"{package}/Cargo.toml", $"[package]\nname = \"{package}\"\n");
            Write($"{package}/src/main.rs", $"// {package}");
        }
        Write("data/table.bin", "table");
        Crates = new Crates(Root).Add("kit", ["big="]).Add("a", Crates.On("kit")).Add("b", Crates.On("kit"));
    }

    public string Root { get; }

    public Crates Crates { get; }

    public string Settings { get; set; } = """{"env": ["BPFINCR_TEST_TAG"], "inputs": ["data"]}""";

    public RustcOptions Options { get; set; } = Crates.Options;

    public string Toolchain { get; set; } = "rustc 1.96.0 0123456789ab";

    public PathSet Paths { get; set; } = new(["a/src/main.rs", "kit/src/main.rs"], ["a/tree"], ["BPFINCR_TEST_READ"]);

    public void Write(string path, string content) => _directory.Write(Path.Combine(Root, path), content);

    public void Delete(string path) => File.Delete(Path.Combine(Root, path));

    public void Edit(string path, string before, string now)
    {
        var text = File.ReadAllText(Path.Combine(Root, path));
        Assert.Contains(before, text, StringComparison.Ordinal);
        Write(path, text.Replace(before, now, StringComparison.Ordinal));
    }

    /// <summary>The actions as a new process would compute them.</summary>
    public (StepAction Weak, StepAction Strong) Actions(string probe = "a")
    {
        var (weak, strong, _, _) = All(probe);
        return (weak, strong);
    }

    /// <summary>What cargo's units depend on that cargo does not see.</summary>
    public string Salt() => All("a").Salt;

    /// <summary>The text of an ingredient that is made of cargo's answers.</summary>
    public string? TextOf(string ingredient)
    {
        var (weak, _, _, actions) = All("a");
        return actions.TextOf(weak.Inputs.Files[ingredient]);
    }

    private (StepAction Weak, StepAction Strong, string Salt, RustcActions Actions) All(string probe)
    {
        using var index = IndexDatabase.Open(_directory[$"{Guid.NewGuid():n}.db"], _ => { });
        var unit = Crates.Unit(Options, "a", "b");
        var toolchain = new Toolchain(ToolchainMode.Bpf, "/usr/bin/rustc", "/usr/bin/cargo", "/usr", "bpfel-unknown-none", "rustc 1.96.0", "", []);
        var actions = new RustcActions(
            SettingsReader.Read(System.Text.Encoding.UTF8.GetBytes(Settings), Root), new SelectedToolchain(toolchain, Toolchain, "LLVM"), new FileTable(index, []));
        var wanted = new Probe(probe, Crates[probe], unit);
        return (actions.Weak(wanted), actions.Strong(wanted, Paths), actions.Salt(unit), actions);
    }

    public void Dispose() => _directory.Dispose();
}
