using BpfIncr.Orchestrator.Reporting;

namespace BpfIncr.Orchestrator.Tests.Reporting;

public sealed class AnsiEscapesTests
{
    [Theory]
    [InlineData("plain [0m text", "plain [0m text")]
    [InlineData("\u001b[0m\u001b[1m\u001b[38;5;9merror\u001b[0m: no", "error: no")]
    [InlineData("\u001b]8;;https://example.org\u001b\\E0425\u001b]8;;\u001b\\", "E0425")]
    [InlineData("\u001b]8;;https://example.org\u0007E0425\u001b]8;;\u0007", "E0425")]
    [InlineData("\r\u001b[2Kline", "\rline")]
    public void Colours_and_links_go_and_text_stays(string text, string plain) => Assert.Equal(plain, AnsiEscapes.Remove(text));
}
