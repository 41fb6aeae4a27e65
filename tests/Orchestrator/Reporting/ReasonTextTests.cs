using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Tests.Reporting;

public sealed class ReasonTextTests
{
    private static readonly Digest Key = Digest.OfText("key");

    [Theory]
    [InlineData("exit", "keep", "--panic: exit -> keep")]
    [InlineData(null, "keep", "--panic is new: keep")]
    [InlineData("exit", null, "--panic is gone: exit")]
    [InlineData("", "-Copt", "--panic: (empty) -> -Copt")]
    [InlineData("a\nb", "a\tb", "--panic: a\\nb -> a\\x09b")]
    public void An_ingredient_has_both_its_values(string? before, string? now, string text) =>
        Assert.Equal(text, ReasonText.Of(Reason.Ingredient("--panic", before, now)));

    [Fact]
    public void Of_long_values_the_part_that_differs_is_shown()
    {
        var (same, end) = (string.Join(' ', Enumerable.Repeat("--cfg=same", 40)), string.Join(' ', Enumerable.Repeat("--cfg=more", 40)));

        var text = ReasonText.Of(Reason.Ingredient("$RUSTFLAGS", $"{same} old {end}", $"{same} newer {end}"));

        Assert.InRange(text.Length, 1, 200);
        Assert.Matches("^[$]RUSTFLAGS: ….*same old --cfg=more.*… -> ….*same newer --cfg=more.*…$", text);
    }

    [Fact]
    public void A_long_value_without_another_to_compare_with_is_cut() =>
        Assert.Equal($"--list is new: {new string('x', 120)}…", ReasonText.Of(Reason.Ingredient("--list", null, new string('x', 500))));

    [Fact]
    public void What_the_cache_has_lost_is_said() => Assert.Equal(
        [
            $"the result of before is no longer in the cache (key {Key.Short})",
            $"the result of before was damaged in the cache (key {Key.Short})",
            $"linked.bc of before ({Key.Short}) is no longer in the cache",
            $"linked.bc of before ({Key.Short}) was damaged in the cache",
        ],
        ((Reason[])[Reason.ResultLost(Key, damaged: false), Reason.ResultLost(Key, damaged: true), Reason.OutputLost("linked.bc", Key, damaged: false), Reason.OutputLost("linked.bc", Key, damaged: true)])
            .Select(ReasonText.Of));

    [Fact]
    public void Every_kind_has_words_of_its_own()
    {
        var texts = Enum.GetValues<ReasonKind>().Select(k => ReasonText.Of(new Reason(k, "name", "before", "now"))).ToList();

        Assert.Equal(texts.Distinct(), texts);
    }
}
