using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Tests.Reporting;

public sealed class StepTextTests
{
    private static readonly Step Step = new(
        new StepId(Stage.Patch, "xdp-parse", "legacy"), StepState.Done, Change.Modified, Source.Executed, TimeSpan.FromMilliseconds(12.34), [], []);

    [Fact]
    public void A_step_that_ran_says_what_happened_and_how_long_it_took() =>
        Assert.Equal("patch    xdp-parse/legacy             Modified/Executed  12.3 ms", StepText.Of(Step));

    [Fact]
    public void A_step_that_did_not_run_has_no_time() =>
        Assert.Equal("patch    xdp-parse/legacy             Cached/Memory", StepText.Of(Step with { Change = Change.Cached, Source = Source.Memory }));

    [Fact]
    public void A_failed_step_says_so() =>
        Assert.Equal("patch    xdp-parse/legacy             FAILED  12.3 ms", StepText.Of(Step with { State = StepState.Failed, Source = Source.None }));

    [Fact]
    public void A_skipped_step_says_so() =>
        Assert.Equal("patch    xdp-parse/legacy             skipped", StepText.Of(Step with { State = StepState.Skipped, Source = Source.None }));

    [Theory]
    [InlineData(0, "0.0 ms")]
    [InlineData(0.04, "0.0 ms")]
    [InlineData(999.9, "999.9 ms")]
    [InlineData(1000, "1.00 s")]
    [InlineData(61_234, "61.23 s")]
    public void Times_are_read_by_people(double milliseconds, string text) =>
        Assert.Equal(text, StepText.Time(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void Reasons_stand_below_their_step() => Assert.Equal(
        "patch\n    --panic: exit -> keep\n    $TAG is gone: 1",
        StepText.WithReasons("patch", [Reason.Ingredient("--panic", "exit", "keep"), Reason.Ingredient("$TAG", "1", null)]));
}
