namespace BpfIncr.Orchestrator.Programs;

/// <summary>
/// A directory where cargo can bring a lock file up to date without touching the one of the workspace: the same path below
/// a temporary directory, in which everything is a link to the real thing but the directories of the path itself, and
/// lock files, which are copies. Paths that lead out of the workspace lead to the same places, so that what cargo says
/// there is, but for the temporary directory's name, what it would say in the workspace.
/// </summary>
internal sealed class ShadowTree : IDisposable
{
    private const string LockFile = "Cargo.lock";

    private readonly string _root = Directory.CreateTempSubdirectory("bpfincr-").FullName;

    /// <summary>Makes the shadow of a directory.</summary>
    /// <exception cref="IOException">The temporary directory cannot be written.</exception>
    public ShadowTree(string directory)
    {
        var real = RealPath.Of(directory);
        Shadow = _root + real;
        Directory.CreateDirectory(Shadow);
        string? child = null;
        for (var d = real; d is not null; (child, d) = (d, Path.GetDirectoryName(d)))
            Mirror(d, child);
    }

    /// <summary>The directory's shadow.</summary>
    public string Shadow { get; }

    /// <summary>What was said about the shadow, as if it had been said about the directory.</summary>
    public string Translate(string text) => text.Replace(_root, "", StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Mirror(string directory, string? child)
    {
        foreach (var entry in EntriesOf(directory).Where(e => e != child))
            if (Path.GetFileName(entry) == LockFile)
                File.Copy(entry, _root + entry);
            else
                File.CreateSymbolicLink(_root + entry, entry);
    }

    private static string[] EntriesOf(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (UnauthorizedAccessException)
        {
            // A directory that may be passed and not be read: cargo cannot look around there either.
            return [];
        }
    }
}
