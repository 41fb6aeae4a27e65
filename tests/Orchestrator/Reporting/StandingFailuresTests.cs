using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Tests.Reporting;

/// <summary>What is said of failures until they are mended.</summary>
public sealed class StandingFailuresTests
{
    private readonly StandingFailures _failures = new();

    [Fact]
    public void A_rust_error_names_its_place()
    {
        Fail("xdp", Diagnostic.Error("BPFI2010", "mismatched types") with
        {
            Detail = "\u001b[1merror[E0308]\u001b[0m: mismatched types\n\u001b[1m  --> \u001b[0mprobes/xdp/src/main.rs:3:7\n   |\n",
        });

        Assert.Equal(["failed: rustc xdp: probes/xdp/src/main.rs:3:7: mismatched types"], _failures.Lines());
    }

    [Fact]
    public void A_finding_with_a_place_names_it()
    {
        Fail("xdp", Diagnostic.Error("BPFI2301", "this can panic") with { File = "src/lib.rs", Line = 9 });

        Assert.Equal(["failed: rustc xdp: src/lib.rs:9: this can panic"], _failures.Lines());
    }

    [Fact]
    public void One_mistake_is_one_line_however_many_steps_fail_of_it()
    {
        foreach (var probe in (string[])["a", "b", "c", "d", "e"])
            Fail(probe, Diagnostic.Error("BPFI2010", "mismatched types"));
        Fail("f", Diagnostic.Error("BPFI2010", "another"));

        Assert.Equal(["failed: rustc a, rustc b, rustc c and 2 more: mismatched types", "failed: rustc f: another"], _failures.Lines());
    }

    [Fact]
    public void What_cargo_says_of_itself_is_one_line_for_all_probes_of_the_call()
    {
        foreach (var probe in (string[])["a", "b"])
            Fail(probe, Diagnostic.Error("BPFI2011", $"cargo failed for {probe}") with { Detail = "warning: an old edition\n\u001b[1merror\u001b[0m: can't find bin `b` at path `src/b.rs`\n --> Cargo.toml\n" });
        Fail("c", Diagnostic.Error("BPFI2011", "cargo failed for c") with { Detail = "killed" });

        Assert.Equal(["failed: rustc a, rustc b: cargo failed: can't find bin `b` at path `src/b.rs`", "failed: rustc c: cargo failed for c"], _failures.Lines());
    }

    [Fact]
    public void A_failure_stands_until_its_step_succeeds_and_not_when_it_is_skipped()
    {
        Fail("xdp", Diagnostic.Error("BPFI2010", "mismatched types"));
        _failures.Add(Of("xdp", StepState.Skipped));
        Assert.Single(_failures.Lines());

        _failures.Add(Of("xdp", StepState.Done));

        Assert.Empty(_failures.Lines());
    }

    private void Fail(string probe, Diagnostic diagnostic) => _failures.Add(Of(probe, StepState.Failed) with { Diagnostics = [diagnostic] });

    private static Step Of(string probe, StepState state) =>
        new(new StepId(Stage.Rustc, probe), state, Change.Modified, Source.None, TimeSpan.Zero, [], []);
}
