using System.Collections.Immutable;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// What one rustc call read, as its dep-info file (<c>--emit=dep-info</c>, make syntax) tells: source files, and
/// the environment variables of <c>env!</c> and <c>option_env!</c> in <c># env-dep:</c> comments.
/// </summary>
/// <param name="Files">Paths as rustc wrote them: relative to the directory it ran in, or absolute.</param>
/// <param name="Variables">Names of variables that were read, set or not.</param>
public sealed record DepInfo(ImmutableArray<string> Files, ImmutableArray<string> Variables)
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

    // rustc escapes newline, carriage return and backslash in names and values.
    private static string Unescape(string text) =>
        text.Replace("\\n", "\n", StringComparison.Ordinal)
            .Replace("\\r", "\r", StringComparison.Ordinal)
            .Replace("\\\\", "\\", StringComparison.Ordinal)
            .TrimEnd('\r');
}
