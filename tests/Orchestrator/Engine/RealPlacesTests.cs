using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Tests.Workspace;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Tests.Engine;

/// <summary>Findings in generated and downloaded files name them by where they are here.</summary>
public sealed class RealPlacesTests
{
    private readonly RealPlaces _places = Places();

    [Theory]
    [InlineData("/target/bpfel/release/build/a-1/out/a.rs", "/w/target/bpf/cargo/bpfel/release/build/a-1/out/a.rs")]
    [InlineData("src/main.rs", "src/main.rs")]
    [InlineData("/targets/a.rs", "/targets/a.rs")]
    [InlineData(null, null)]
    public void A_place_is_that_of_this_machine_also_where_code_was_inlined(string? file, string? expected)
    {
        var inner = Diagnostic.Error("BPFI2310", "it can panic").At(new SourceLocation("f", file, 3, new SourceLocation("g", file, 4)));

        var real = Assert.Single(_places.Of("a", [inner]));

        Assert.Equal((expected, expected, 3), (real.File, real.InlinedAt!.File, real.Line));
    }

    [Theory]
    [InlineData("  --> /target/out/a.rs:1:21\n", "  --> /w/target/bpf/cargo/out/a.rs:1:21\n")]
    [InlineData("\u001b[94m  --> \u001b[0m/target/out/a.rs:1:21\n   | /target/out", "\u001b[94m  --> \u001b[0m/w/target/bpf/cargo/out/a.rs:1:21\n   | /target/out")]
    [InlineData("  --> src/a.rs:1:1\n  ::: /target/out/a.rs:2:2\n", "  --> src/a.rs:1:1\n  ::: /w/target/bpf/cargo/out/a.rs:2:2\n")]
    [InlineData("  --> /usr/src/a.rs:1:1\n1 | \"/target/a\"\n", "  --> /usr/src/a.rs:1:1\n1 | \"/target/a\"\n")]
    public void So_are_the_places_in_what_rustc_has_rendered_and_nothing_else_in_it(string rendered, string expected) =>
        Assert.Equal(expected, Assert.Single(_places.Of("a", [Diagnostic.Error("BPFI2010", "wrong") with { Detail = rendered }])).Detail);

    [Fact]
    public void A_downloaded_crate_is_in_cargos_home() => Assert.Equal(
        Path.Combine(CargoBuild.CargoHome, "registry/src/b/lib.rs"),
        Assert.Single(_places.Of("a", [Diagnostic.Error("BPFI2310", "it can panic") with { File = "/cargo/registry/src/b/lib.rs" }])).File);

    private static RealPlaces Places()
    {
        var crates = new Crates("/w").Add("a");
        return new RealPlaces([new Probe("a", crates["a"], crates.Unit(Crates.Options, "a"))]);
    }
}
