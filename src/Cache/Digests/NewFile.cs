namespace BpfIncr.Cache.Digests;

/// <summary>
/// Writes files that nobody has seen yet. .NET's other ways truncate what they open, and ext4 takes a truncated file for a
/// document that is being saved: it writes it to the disk as soon as it is closed, and whoever closes it waits for the disk
/// to be told.
/// </summary>
public static class NewFile
{
    /// <summary>Writes a file, in place of what has its name.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        File.Delete(path);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        RandomAccess.Write(file, content, 0);
    }

    /// <summary>Gives a written file its name, unless that is taken; the file is gone then.</summary>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    internal static bool TryName(string temporary, string path)
    {
        var isFirst = Posix.Link(temporary, path);
        // A file system without links cannot tell who is first when two are at the same moment; it can tell who is late.
        if (isFirst || File.Exists(path))
            File.Delete(temporary);
        else
            File.Move(temporary, path, isFirst = true);
        return isFirst;
    }
}
