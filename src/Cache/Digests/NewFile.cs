namespace BpfIncr.Cache.Digests;

/// <summary>
/// Writes files that nobody has seen yet. .NET's other ways truncate what they open, and ext4 takes a truncated file for a
/// document that is being saved: it writes it to the disk as soon as it is closed, and whoever closes it waits for the disk
/// to be told.
/// </summary>
public static class NewFile
{
    /// <summary>Writes a file, in place of what has its name; where that fails, there is none.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        File.Delete(path);
        try
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            RandomAccess.Write(file, content, 0);
        }
        catch
        {
            // Half of it would only take what little space a full disk has.
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Gives a written file its name, unless that is taken; the file is gone then, as it is when that fails.</summary>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    internal static bool TryName(string temporary, string path)
    {
        var isFirst = Posix.Link(temporary, path);
        // A file system without links cannot tell who is first when two are at the same moment; it can tell who is late.
        if (!isFirst && !File.Exists(path))
        {
            Name(temporary, path);
            return true;
        }
        File.Delete(temporary);
        return isFirst;
    }

    /// <summary>Gives a written file its name, whatever had it; the file is gone when that fails.</summary>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    internal static void Name(string temporary, string path)
    {
        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
