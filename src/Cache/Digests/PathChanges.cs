namespace BpfIncr.Cache.Digests;

/// <summary>
/// Whether what is at a path can have come there since a moment. A file's own change time does not tell when it was
/// another one that the path led to: a link was set anew, or a directory renamed.
/// </summary>
public static class PathChanges
{
    /// <summary>Whether one of some absolute paths may lead to something else than at a moment, nanoseconds since 1970.</summary>
    public static bool Since(long moment, IEnumerable<string> paths)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        return paths.Any(p => IsNew(p, moment, known));
    }

    private static bool IsNew(string? path, long moment, HashSet<string> known)
    {
        if (path is null || !known.Add(path))
            return false;
        if (Posix.LinkStatX(path, out var stat) && stat.ToStamp() is var stamp)
        {
            // A name that comes or goes changes a directory's two times at once, another name of its own only this one.
            if (stamp.Changed >= moment && !(stat.IsDirectory && stamp.Changed == stamp.Modified))
                return true;
            if (stat.IsLink && IsNew(TargetOf(path), moment, known))
                return true;
        }
        return IsNew(Path.GetDirectoryName(path), moment, known);
    }

    private static string? TargetOf(string link) =>
        new FileInfo(link).LinkTarget is { } target ? Path.GetFullPath(target, Path.GetDirectoryName(link)!) : null;
}
