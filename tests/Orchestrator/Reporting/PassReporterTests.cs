using System.Collections.Immutable;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Tests.Reporting;

/// <summary>What is printed where no terminal is. The console belongs to the process, so these run alone.</summary>
[Collection(nameof(Console))]
public sealed class PassReporterTests
{
    private const string Blocking = "Blocking waiting for file lock on package cache";

    private readonly ManualTime _time = new();

    private static readonly Step Ran = new(
        new StepId(Stage.Link, "xdp"), StepState.Done, Change.Modified, Source.Executed, TimeSpan.FromMilliseconds(5),
        [Reason.Ingredient("objects/0.bc", "1", "2")], []);

    private static readonly Step Memory = Ran with { Change = Change.Cached, Source = Source.Memory, Reasons = [] };
    private static readonly Step Hit = Ran with { Id = new StepId(Stage.Rustc, "xdp"), Change = Change.New, Source = Source.ActionCache, Reasons = [] };
    private static readonly Step Failed = Ran with { Id = new StepId(Stage.Codegen, "xdp", "old"), State = StepState.Failed, Source = Source.None };
    private static readonly Step Skipped = Ran with { Id = new StepId(Stage.Patch, "tc", "old"), State = StepState.Skipped, Source = Source.None };

    [Fact]
    public void Nothing_to_do_is_one_line() =>
        Assert.Equal(["2 objects up to date, nothing ran (3.0 ms)"], Printed(new(false, false), 2, Memory).Out);

    [Fact]
    public void One_object_is_one_object() => Assert.Equal("1 object up to date, nothing ran (1.50 s)", PassReporter.UpToDate(1, TimeSpan.FromSeconds(1.5)));

    [Fact]
    public void An_object_that_was_put_back_is_not_nothing() => Assert.Equal(
        ["2 objects up to date; nothing ran; restored 1 object (3.0 ms)"], Printed(new(false, false), 2, restored: 1, Memory).Out);

    [Fact]
    public void A_step_that_ran_is_a_line_and_is_counted() => Assert.Equal(
        ["link     xdp                          Modified/Executed  5.0 ms", "1 object up to date; ran link 1; 1 from the cache (3.0 ms)"],
        Printed(new(false, false), 1, Hit, Ran).Out);

    [Fact]
    public void Everything_is_a_line_when_asked_for() => Assert.Equal(
        ["rustc    xdp                          New/ActionCache", "1 object up to date; nothing ran; 1 from the cache (3.0 ms)"],
        Printed(new(Verbose: true, Explain: false), 1, Hit).Out);

    [Fact]
    public void An_explanation_follows_its_step() => Assert.Equal(
        ["link     xdp                          Modified/Executed  5.0 ms", "    objects/0.bc: 1 -> 2"],
        Printed(new(Verbose: false, Explain: true), 1, Ran).Out.Take(2));

    [Fact]
    public void What_failed_and_what_could_not_run_is_summed_up() => Assert.Equal(
        ["failed: codegen xdp/old", "not everything was built; ran codegen 1; 1 skipped (3.0 ms)"],
        Printed(new(false, false), 1, Skipped, Failed).Out.Skip(1));

    [Fact]
    public void A_finding_names_its_probe_and_goes_to_standard_error()
    {
        var step = Ran with { Diagnostics = [Diagnostic.Warning("BPFI2101", "a [strange] thing", "do this")] };

        Assert.Equal(["warning BPFI2101: xdp: a [strange] thing", "  help do this"], Printed(new(false, false), 1, step).Error);
    }

    [Fact]
    public void A_finding_with_a_place_is_said_once_however_many_probes_have_it()
    {
        ImmutableArray<Diagnostic> same = [Diagnostic.Warning("BPFI2101", "unused") with { File = "kit/src/lib.rs", Line = 7, Function = "kit::f" }];

        Assert.Equal(
            ["warning BPFI2101: xdp: unused", "  at   kit/src/lib.rs:7, in kit::f"],
            Printed(new(false, false), 1, Ran with { Diagnostics = same }, Hit with { Diagnostics = same }).Error);
    }

    [Fact]
    public void A_finding_in_inlined_code_names_the_calls_that_it_was_inlined_in_the_place_of()
    {
        var place = Enumerable.Range(1, 6).Aggregate<int, SourceLocation?>(null, (outer, i) => new SourceLocation($"f{i}", "kit/src/lib.rs", i, outer));
        Diagnostic finding = Diagnostic.Error("BPFI2310", "it panics", "do this") with { Detail = "more" };

        Assert.Equal(
            [
                "error BPFI2310: xdp/old: it panics", "  at   kit/src/lib.rs:9, in get",
                "       inlined at kit/src/lib.rs:6, in f6", "       inlined at kit/src/lib.rs:5, in f5", "       inlined at kit/src/lib.rs:4, in f4",
                "       and 2 more calls", "       inlined at kit/src/lib.rs:1, in f1", "  help do this", "  | more",
            ],
            Printed(new(false, false), 1, Failed with { Diagnostics = [finding.At(new SourceLocation("get", "kit/src/lib.rs", 9, place))] }).Error);
    }

    [Fact]
    public void Rustcs_own_text_is_shown_as_it_is_without_colours_and_once()
    {
        ImmutableArray<Diagnostic> same = [Diagnostic.Error("BPFI2010", "no such name") with { Detail = "\u001b[1merror[E0425]\u001b[0m: no such name\n --> a.rs:1\n" }];

        Assert.Equal(
            ["error[E0425]: no such name", " --> a.rs:1"],
            Printed(new(false, false), 1, Failed with { Diagnostics = same }, Hit with { Diagnostics = same }).Error);
    }

    [Fact]
    public void Findings_of_the_same_place_and_text_about_different_things_are_all_shown()
    {
        ImmutableArray<Diagnostic> findings =
        [
            .. from name in (string[])["a", "b", "a"]
               select Diagnostic.Error("BPFI2701", $"program {name}") with { File = "kit/src/lib.rs", Line = 7, Detail = "log" },
        ];

        Assert.Equal(
            ["error BPFI2701: program a", "error BPFI2701: program b"],
            Printed(new(false, false), reporter => reporter.Summary(Failure(findings))).Error.Where(l => l.StartsWith("error", StringComparison.Ordinal)));
    }

    private static Report Failure(ImmutableArray<Diagnostic> findings) =>
        new([], findings, 0, ImmutableDictionary<string, ImmutableSortedSet<string>>.Empty, TimeSpan.Zero);

    private (List<string> Out, List<string> Error) Printed(ReportDetail detail, int objects, params Step[] steps) =>
        Printed(detail, objects, restored: 0, steps);

    [Fact]
    public void What_cargo_waits_for_long_is_said_and_is_no_part_of_a_result()
    {
        var (result, said) = Printed(new(false, false), reporter =>
        {
            reporter.Progress(Blocking);
            _time.Pass(LastingWait.Patience);
            _time.Pass(LastingWait.Patience);
        });

        Assert.Empty(result);
        Assert.Equal([$"cargo: {Blocking}"], said);
    }

    [Fact]
    public void What_cargo_waits_for_only_for_a_moment_is_not_said()
    {
        var (_, said) = Printed(new(false, false), reporter =>
        {
            foreach (Action goesOn in (Action[])[() => reporter.Progress("Compiling kit v0.1.0"), () => reporter.Finished(Memory), () => reporter.Progress(Blocking), reporter.Dispose])
            {
                reporter.Progress(Blocking);
                _time.Pass(LastingWait.Patience / 2);
                goesOn();
                _time.Pass(LastingWait.Patience / 2);
            }
            _time.Pass(LastingWait.Patience);
        });

        Assert.Empty(said);
    }

    [Fact]
    public void What_cargo_does_else_is_not_said()
    {
        var (result, said) = Printed(new(false, false), r => r.Progress("Compiling kit v0.1.0"));

        Assert.Empty(result);
        Assert.Empty(said);
    }

    private (List<string> Out, List<string> Error) Printed(ReportDetail detail, int objects, int restored, params Step[] steps) => Printed(detail, reporter =>
    {
        foreach (var step in steps)
        {
            reporter.Started(step.Id);
            reporter.Finished(step);
        }
        reporter.Summary(new Report([.. steps], [], objects, ImmutableDictionary<string, ImmutableSortedSet<string>>.Empty, TimeSpan.FromMilliseconds(3)) { Restored = restored });
    });

    private (List<string> Out, List<string> Error) Printed(ReportDetail detail, Action<PassReporter> pass)
    {
        var (stdout, stderr) = (Console.Out, Console.Error);
        using var written = new StringWriter();
        using var complaints = new StringWriter();
        Console.SetOut(written);
        Console.SetError(complaints);
        try
        {
            using var reporter = new PassReporter(new Output(), detail, new StandingFailures(), "", _time);
            pass(reporter);
        }
        finally
        {
            Console.SetOut(stdout);
            Console.SetError(stderr);
        }
        return (Lines(written), Lines(complaints));
    }

    private static List<string> Lines(StringWriter text) =>
        [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.TrimEnd())];
}
