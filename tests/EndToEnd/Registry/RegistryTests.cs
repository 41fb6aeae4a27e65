using BpfIncr.EndToEnd.Tests.Kernel;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Registry;

/// <summary>
/// Probes whose dependencies, macros and build scripts are made of crates of the registry: what is compiled, what is
/// found, and what the kernel says.
/// </summary>
public sealed class RegistryTests(RegistryCheckouts checkouts) : IClassFixture<RegistryCheckouts>
{
    // What these are made of is different in every release of theirs.
    private static readonly string[] Expected =
    [
        "anyhow (library)", "bitflags (library)", "bytemuck (library)", "darling (library)", "hashbrown (library)",
        "heapless (library)", "macros (proc macro)", "memoffset (library)", "num_enum (library)",
        "ports (build script)",
        "proc-macro2 (build script)", "proc-macro2 (library)", "proc-macro2-diagnostics (library)", "quote (library)",
        "serde (library)", "serde_derive (proc macro)", "static_assertions (library)", "syn (library)",
        "thiserror (library)", "wire (library)", "zerocopy (library)", "zerocopy-derive (proc macro)",
    ];

    /// <summary>The ways to BPF bitcode.</summary>
    public static TheoryData<string> AllModes => [.. Amounts.Rows("bpf", "host", "build-std")];

    /// <summary>The ways that are tried with edits.</summary>
    public static TheoryData<string> EditedModes => [.. Amounts.Rows("bpf", "host")];

    [Theory]
    [MemberData(nameof(AllModes))]
    public void Every_object_loads_into_the_running_kernel(string mode)
    {
        var (checkout, first) = checkouts.In(mode);
        using var kernel = new BpfFileSystem();
        kernel.Require();

        Assert.All(first.Steps, s => Assert.Equal("New/Executed", s.Outcome));
        Assert.Equal("", string.Join('\n', Probes.Select(p => kernel.Load(checkout.ObjectOf(p))).OfType<string>()));
    }

    [Fact]
    public void A_build_from_nothing_compiles_each_crate()
    {
        var crates = Crates(checkouts.In("bpf").First);

        Assert.All(crates, c => Assert.Equal("Executed", c.Outcome));
        Assert.Equal([], Expected.Except(crates.Select(c => c.Crate)));
    }

    [Theory]
    [MemberData(nameof(EditedModes))]
    public void A_build_with_nothing_to_do_runs_nothing(string mode) =>
        Assert.Equal("", checkouts.In(mode).Checkout.Build().Succeeded().Reruns);

    [Theory]
    [MemberData(nameof(EditedModes))]
    public void An_edit_of_a_probe_runs_its_steps_and_compiles_no_crate(string mode)
    {
        var checkout = checkouts.In(mode).Checkout;
        checkout.Replace("registry/probes/parse/src/main.rs", "*count += 1;", "*count += 2;");

        var build = checkout.Build().Succeeded();

        Assert.Empty(Compiled(build));
        Assert.Equal(
            """
            parse: rustc Modified/Executed, link Modified/Executed
            parse/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
        checkout.Replace("registry/probes/parse/src/main.rs", "*count += 2;", "*count += 1;");
        AssertNothingRuns(checkout);
    }

    [Fact]
    public void An_edit_of_the_macros_compiles_them_and_stops_where_probes_are_the_same()
    {
        var checkout = checkouts.In("bpf").Checkout;
        checkout.Replace("registry/macros/src/lib.rs", "and nothing else", "and no more");

        var build = checkout.Build().Succeeded();

        Assert.Equal(["macros (proc macro)"], Compiled(build));
        Assert.Equal(
            """
            parse: rustc Unchanged/Executed
            ports-of: rustc Unchanged/Executed
            recent: rustc Unchanged/Executed
            """, build.Reruns);
        checkout.Replace("registry/macros/src/lib.rs", "and no more", "and nothing else");
        AssertNothingRuns(checkout);
    }

    [Fact]
    public void A_file_that_a_build_script_reads_runs_the_probe_that_uses_it()
    {
        var checkout = checkouts.In("bpf").Checkout;
        checkout.Replace("registry/ports/ports.json", "22", "23");

        var build = checkout.Build().Succeeded();

        Assert.Equal(["ports (library)"], Compiled(build));
        Assert.Equal(
            """
            ports-of: rustc Modified/Executed, link Modified/Executed
            ports-of/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
            """, build.Reruns);
        checkout.Replace("registry/ports/ports.json", "23", "22");
        AssertNothingRuns(checkout);
    }

    [Fact]
    public void A_mistake_that_a_macro_finds_is_shown_at_its_line()
    {
        var checkout = checkouts.In("bpf").Checkout;
        const string Source = "registry/probes/recent/src/main.rs";
        checkout.Replace(Source, "context: &XdpMd", "context: &XdpMd, more: u32");

        var build = checkout.Build();

        Assert.Equal(1, build.ExitCode);
        Assert.Matches(
            @"failed: rustc recent: .*probes/recent/src/main.rs:\d+:\d+: a program takes its context", build.Output);
        checkout.Replace(Source, "context: &XdpMd, more: u32", "context: &XdpMd");
        AssertNothingRuns(checkout);
    }

    private static IEnumerable<string> Probes => ["parse", "ports-of", "recent"];

    private static IEnumerable<string> Compiled(BuildResult build) =>
        Crates(build).Where(c => c.Outcome == "Executed").Select(c => c.Crate);

    private static List<(string Crate, string Outcome)> Crates(BuildResult build) => CrateLine.Parse(build.Output);

    // What was edited is as it was: everything is found.
    private static void AssertNothingRuns(Checkout checkout) =>
        Assert.All(checkout.Build().Succeeded().Steps, s => Assert.False(s.Ran, s.ToString()));
}
