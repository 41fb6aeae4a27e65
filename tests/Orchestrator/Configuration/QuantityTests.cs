using BpfIncr.Cache.Maintenance;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Tests.Configuration;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("10G", 10L << 30)]
    [InlineData("1.5M", 3L << 19)]
    [InlineData("2k", 2048L)]
    [InlineData("1T", 1L << 40)]
    [InlineData("0", 0L)]
    [InlineData("none", null)]
    public void A_size_is_a_number_and_a_unit(string text, long? bytes)
    {
        Assert.True(Quantity.TryParseSize(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("2h", 7200)]
    [InlineData("30d", 2592000)]
    [InlineData("1w", 604800)]
    [InlineData("none", null)]
    public void A_time_is_a_number_and_a_unit(string text, int? seconds)
    {
        Assert.True(Quantity.TryParseTime(text, out var read));
        Assert.Equal(seconds, read?.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("G")]
    [InlineData("-1G")]
    [InlineData("+1G")]
    [InlineData("1 G")]
    [InlineData("1,5G")]
    [InlineData("1e3G")]
    [InlineData("10X")]
    [InlineData("99999999999T")]
    [InlineData("NaNG")]
    public void Anything_else_is_none(string text)
    {
        Assert.False(Quantity.TryParseSize(text, out _));
        Assert.False(Quantity.TryParseTime(text, out _));
    }

    [Fact]
    public void Limits_of_the_cache_are_read_and_have_defaults()
    {
        Assert.Equal(CacheLimits.Default, Configured.By("{}").CacheLimits);
        Assert.Equal(
            new CacheLimits(2L << 30, TimeSpan.FromDays(30)), Configured.By("""{ "cache": { "maxSize": "2G", "maxAge": "30d" } }""").CacheLimits);
        Assert.Equal(new CacheLimits(null, null), Configured.By("""{ "cache": { "maxSize": "none" } }""").CacheLimits);
    }

    [Fact]
    public void A_limit_that_is_none_points_at_its_place()
    {
        var error = Configured.ErrorIn("""{ "cache": { "maxSize": "10X" } }""");

        Assert.Equal((new TextPosition(1, 25), "\"maxSize\" cannot be \"10X\"", Quantity.SizeHint), (error.Position, error.Message, error.Hint));
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1048575, "1.0 MiB")]
    [InlineData(10L << 30, "10.0 GiB")]
    [InlineData(long.MaxValue, "8388608.0 TiB")]
    public void Sizes_are_written_with_the_unit_that_fits(long bytes, string text) => Assert.Equal(text, QuantityText.Size(bytes));
}
