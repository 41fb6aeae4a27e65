namespace BpfIncr.Cache.Digests;

/// <summary>Where damaged files go, to be looked at: <c>quarantine/abcdef…</c>. Nobody uses what is in there.</summary>
internal static class Quarantine
{
    /// <summary>Moves a file out of the way; false when it cannot be moved.</summary>
    /// <param name="root">The versioned cache directory.</param>
    /// <param name="path">The file.</param>
    public static bool Take(string root, string path)
    {
        try
        {
            var directory = Path.Combine(root, "quarantine");
            Directory.CreateDirectory(directory);
            var place = Path.Combine(directory, Path.GetFileName(path));
            // A directory replaces nothing.
            if (Directory.Exists(path))
                Directory.Move(path, $"{place}.{Guid.NewGuid():n}");
            else
                File.Move(path, place, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A read-only cache keeps its damaged file; it is still never served.
            return false;
        }
    }
}
