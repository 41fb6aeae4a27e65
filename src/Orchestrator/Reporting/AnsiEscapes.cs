using System.Text.RegularExpressions;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>Colours in the output of other tools.</summary>
internal static partial class AnsiEscapes
{
    /// <summary>The text without escape sequences.</summary>
    public static string Remove(string text) => Sequence().Replace(text, "");

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b\x07]*(\x1b\\|\x07)")]
    private static partial Regex Sequence();
}
