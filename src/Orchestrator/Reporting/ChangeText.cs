using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What changed, in words.</summary>
internal static class ChangeText
{
    private const int MostNames = 2;

    /// <summary>
    /// The changed files, or directories when only names in them are different, with a colon behind; empty when that is not known.
    /// A lock file, which cargo itself writes when a package comes or goes, is named only when there is nothing else to name.
    /// </summary>
    /// <param name="change">What changed.</param>
    /// <param name="directory">What the names are relative to.</param>
    public static string Of(WorldChange change, string directory)
    {
        var paths = change.Paths.ToLookup(p => Directory.Exists(p) ? Kind.Directory : Path.GetFileName(p) == "Cargo.lock" ? Kind.LockFile : Kind.File);
        var kind = paths.Select(k => k.Key).DefaultIfEmpty().Min();
        var names = paths[kind].Select(p => kind == Kind.Directory ? $"{p.TrimEnd('/')}/" : p)
            .Select(p => p.StartsWith($"{directory}/", StringComparison.Ordinal) ? p[(directory.Length + 1)..] : p)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (names.Count == 0)
            return "";
        var more = names.Count > MostNames ? $" and {names.Count - MostNames} more" : "";
        return $"{string.Join(", ", names.Take(MostNames))}{more}: ";
    }

    // What is named first comes first.
    private enum Kind
    {
        File,
        Directory,
        LockFile,
    }
}
