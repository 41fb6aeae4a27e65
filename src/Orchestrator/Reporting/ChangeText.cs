using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What changed, in words.</summary>
internal static class ChangeText
{
    private const int MostNames = 2;

    /// <summary>The changed files, or directories when only names in them are different, with a colon behind; empty when that is not known.</summary>
    /// <param name="change">What changed.</param>
    /// <param name="directory">What the names are relative to.</param>
    public static string Of(WorldChange change, string directory)
    {
        var paths = change.Paths.ToLookup(Directory.Exists);
        var names = (paths[false].Any() ? paths[false] : paths[true].Select(p => $"{p.TrimEnd('/')}/"))
            .Select(p => p.StartsWith($"{directory}/", StringComparison.Ordinal) ? p[(directory.Length + 1)..] : p)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (names.Count == 0)
            return "";
        var more = names.Count > MostNames ? $" and {names.Count - MostNames} more" : "";
        return $"{string.Join(", ", names.Take(MostNames))}{more}: ";
    }
}
