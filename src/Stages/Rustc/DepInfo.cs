using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// What one rustc call read, as its dep-info file (<c>--emit=dep-info</c>, make syntax) tells: source files, and
/// the environment variables of <c>env!</c> and <c>option_env!</c> in <c># env-dep:</c> comments.
/// </summary>
/// <param name="Files">Paths as rustc wrote them: relative to the directory it ran in, or absolute.</param>
/// <param name="Variables">Names of variables that were read, set or not.</param>
public sealed partial record DepInfo(ImmutableArray<string> Files, ImmutableArray<string> Variables)
{
    private const string VariablePrefix = "# env-dep:";

    /// <summary>Reads the text of a dep-info file. Rules with prerequisites give the files; phony ones repeat them.</summary>
    public static DepInfo Parse(string text)
    {
        var files = new SortedSet<string>(StringComparer.Ordinal);
        var variables = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(VariablePrefix, StringComparison.Ordinal))
                variables.Add(Unescape(line[VariablePrefix.Length..].Split('=')[0]));
            else if (!line.StartsWith('#') && line.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon)
                files.UnionWith(Words(line[(colon + 2)..]));
        }
        return new DepInfo([.. files], [.. variables]);
    }

    // Words end at a blank that no backslash escapes; rustc escapes nothing else in a path.
    private static IEnumerable<string> Words(string line) =>
        line.Replace("\\ ", "\0", StringComparison.Ordinal)
            .Split([' ', '\r'], StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w.Replace('\0', ' '));

    // rustc escapes backslash, newline and carriage return in names and values.
    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escape();

    private static string Unescape(string text) => Escape().Replace(text.TrimEnd('\r'), match => match.Groups[1].Value switch
    {
        "n" => "\n",
        "r" => "\r",
        var other => other,
    });
}
