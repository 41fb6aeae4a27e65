using System.Text;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Tests.Workspace;
using BpfIncr.Orchestrator.Verify;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Verify;

/// <summary>Which objects a kernel is asked about.</summary>
public sealed class ProbeObjectsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Crates _crates;

    public ProbeObjectsTests() => _crates = new Crates(_directory["checkout"]).Add("a");

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("5.4", "old")]
    [InlineData("5.10", "calls,inlined")]
    [InlineData("5.15", "calls,inlined")]
    [InlineData("6.1", "new")]
    [InlineData("4.14", "")]
    public void A_kernel_is_asked_about_all_variants_that_are_meant_for_it(string kernel, string variants)
    {
        var objects = Objects("""
            "old": { "kernel": "5.4" }, "calls": { "kernel": "5.10" }, "inlined": { "kernel": "5.10", "inline": "all" }, "new": { "kernel": "6.1" }, "other": {}
            """);

        var names = objects.For(Version.Parse(kernel)).Select(o => o.Name);

        Assert.Equal(variants.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(v => $"a/{v}"), names);
        Assert.Equal(variants.Length == 0 ? ["a"] : [], objects.NotFor(Version.Parse(kernel)));
    }

    [Fact]
    public void What_could_not_be_built_is_left_out_and_is_still_for_its_kernel()
    {
        var objects = Objects("""
            "old": { "kernel": "5.4" }, "new": { "kernel": "6.1" }
            """, "a/new");

        Assert.Equal(["a/old"], objects.All().Select(o => o.Name));
        Assert.Empty(objects.For(new Version(6, 1)));
        Assert.Empty(objects.NotFor(new Version(6, 1)));
    }

    [Theory]
    [InlineData("aya-ebpf", true)]
    [InlineData("aya-bpf", true)]
    [InlineData("aya-obj", false)]
    public void What_is_built_with_ayas_library_is_for_aya(string library, bool isForAya)
    {
        _crates.Add(library).Add("a", Crates.On(library));

        Assert.Equal(isForAya, Objects("\"new\": {}").All().Single().IsForAya);
    }

    private ProbeObjects Objects(string variants, params string[] notBuilt)
    {
        var root = _directory["checkout"];
        var settings = SettingsReader.Read(Encoding.UTF8.GetBytes($$"""{ "variants": { {{variants}} } }"""), root);
        using var index = IndexDatabase.Open(_directory["index.db"], _ => { });
        var toolchain = new Toolchain(ToolchainMode.Bpf, "/usr/bin/rustc", "/usr/bin/cargo", "/usr", "bpfel-unknown-none", "rustc 1.96.0", "", []);
        var selected = new SelectedToolchain(toolchain, "rustc", "LLVM");
        var snapshot = new Snapshot(
            settings, selected, [new Probe("a", _crates["a"], _crates.Unit(Crates.Options, "a"))], new RustcActions(settings, selected, new FileTable(index, [])));
        foreach (var variant in settings.Variants.Keys)
            _directory.Write(settings.ObjectOf(variant, "a"), variant);
        return new ProbeObjects(snapshot, new PassRequest([], [], 1, KeepGoing: true), [.. notBuilt]);
    }
}
