using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Tests.Engine;

public sealed class StepIdTests
{
    [Fact]
    public void Every_step_reads_back_from_the_name_that_the_index_keeps()
    {
        foreach (var stage in Enum.GetValues<Stage>())
            foreach (var variant in (string[])["", "legacy", "v1.2_x"])
                foreach (var probe in (string[])["xdp", "xdp-parse", "Xdp_2"])
                {
                    var id = new StepId(stage, probe, variant);
                    Assert.Equal(id, StepId.TryParse(id.IndexName));
                }
    }

    [Fact]
    public void Is_written_as_people_read_it()
    {
        Assert.Equal("patch xdp-parse/legacy", new StepId(Stage.Patch, "xdp-parse", "legacy").ToString());
        Assert.Equal("rustc xdp-parse", new StepId(Stage.Rustc, "xdp-parse").ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("xdp")]
    [InlineData("xdp verify-not")]
    [InlineData("a/b/c patch")]
    [InlineData("a b patch")]
    [InlineData("xdp 7")]
    [InlineData("xdp rustc,link")]
    public void Another_text_is_no_step(string text) => Assert.Null(StepId.TryParse(text));
}
