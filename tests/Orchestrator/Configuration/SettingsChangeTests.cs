using BpfIncr.Orchestrator.Configuration;

namespace BpfIncr.Orchestrator.Tests.Configuration;

public sealed class SettingsChangeTests
{
    private const string Before = """
        {
          "variants": { "old": { "cpu": "v1" }, "new": { "cpu": "v3" } },
          "probes": { "xdp": { "unroll": true }, "tc": { "features": ["f"] } }
        }
        """;

    [Theory]
    [InlineData("{", "{ // a comment\n")]
    [InlineData("\"cpu\": \"v1\"", "\"cpu\": \"v1\", \"strip\": true")]
    [InlineData("\"xdp\": { \"unroll\": true }", "\"xdp\": { \"unroll\": true }, \"other\": {}")]
    [InlineData("\"variants\"", "\"cache\": { \"shared\": [{ \"path\": \"ci\" }] }, \"variants\"")]
    public void What_means_the_same_concerns_nobody(string before, string now)
    {
        var change = Change(before, now);

        Assert.False(change.Change.ConcernsAll || change.Change.ConcernsFeatures || Concerns(change, "xdp") || Concerns(change, "tc"));
    }

    [Theory]
    [InlineData("\"output\": \"elsewhere\"")]
    [InlineData("\"universe\": \"2\"")]
    [InlineData("\"workspaces\": [\"a\"]")]
    [InlineData("\"packages\": [\"a\"]")]
    [InlineData("\"env\": [\"A\"]")]
    [InlineData("\"inputs\": [\"a\"]")]
    [InlineData("\"rustflags\": [\"-g\"]")]
    [InlineData("\"defaultFeatures\": false")]
    [InlineData("\"lto\": true")]
    [InlineData("\"features\": [\"probes\"]")]
    [InlineData("\"toolchain\": { \"mode\": \"host\" }")]
    [InlineData("\"toolchain\": { \"rustc\": \"a\" }")]
    public void What_all_have_in_common_concerns_all(string member) =>
        Assert.True(Change("\"variants\"", $"{member}, \"variants\"").Change.ConcernsAll);

    [Theory]
    [InlineData("\"unroll\": true", "\"unroll\": false", "xdp", "tc")]
    [InlineData("\"features\": [\"f\"]", "\"features\": [\"g\"]", "tc", "xdp")]
    [InlineData("\"features\": [\"f\"]", "\"features\": [\"f\"], \"panic\": \"keep\"", "tc", "xdp")]
    public void What_is_said_of_a_probe_concerns_that_one(string before, string now, string concerned, string other)
    {
        var change = Change(before, now);

        Assert.False(change.Change.ConcernsAll);
        Assert.True(Concerns(change, concerned));
        Assert.False(Concerns(change, other));
    }

    [Theory]
    [InlineData("\"cpu\": \"v1\"", "\"cpu\": \"v2\"")]
    [InlineData("\"old\"", "\"older\"")]
    public void A_variant_concerns_those_who_build_it(string before, string now)
    {
        var change = Change(before, now);

        Assert.True(Concerns(change, "xdp"));
        Assert.False(change.Change.Concerns("xdp", ["new"]));
    }

    [Theory]
    [InlineData("\"features\": [\"f\"]", "\"features\": []")]
    [InlineData("\"unroll\": true", "\"skip\": true")]
    public void Features_and_probes_that_are_left_out_can_change_the_features_of_others(string before, string now) =>
        Assert.True(Change(before, now).Change.ConcernsFeatures);

    [Fact]
    public void A_probe_that_is_built_in_fewer_variants_is_another_one()
    {
        var change = Change("\"unroll\": true", "\"unroll\": true, \"variants\": [\"old\"]");

        Assert.True(change.Change.Concerns("xdp", ["old"]));
        Assert.False(change.Change.Concerns("tc", ["old"]));
    }

    [Fact]
    public void Where_nothing_was_before_all_is_new()
    {
        var change = new SettingsChange(null, Configured.By(Before));

        Assert.True(change.ConcernsAll && change.ConcernsFeatures && change.Concerns("xdp", ["new"]));
    }

    private static bool Concerns(Changed changed, string probe) => changed.Change.Concerns(probe, changed.Now.Variants.Keys);

    private static Changed Change(string before, string now)
    {
        Assert.Contains(before, Before, StringComparison.Ordinal);
        var settings = Configured.By(Before.Replace(before, now, StringComparison.Ordinal));
        return new Changed(new SettingsChange(Configured.By(Before), settings), settings);
    }

    private sealed record Changed(SettingsChange Change, Settings Now);
}
