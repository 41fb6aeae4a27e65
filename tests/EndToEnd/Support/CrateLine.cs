using System.Text.RegularExpressions;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>What a build says of the crates below the probes.</summary>
internal static partial class CrateLine
{
    /// <summary>Each crate, as <c>kit (library)</c>, with <c>Executed</c> or <c>ActionCache</c>, by name.</summary>
    public static List<(string Crate, string Outcome)> Parse(string output) =>
        [.. Pattern().Matches(output).Select(m => (m.Groups[1].Value, m.Groups[2].Value))
            .OrderBy(c => $"{c.Item1}: {c.Item2}", StringComparer.Ordinal)];

    [GeneratedRegex(@"^crate +(\S+ \([a-z ]+\)) +(Executed|ActionCache)", RegexOptions.Multiline)]
    private static partial Regex Pattern();
}
