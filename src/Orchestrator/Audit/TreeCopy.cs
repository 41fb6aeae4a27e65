using BpfIncr.Cache.Digests;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>Copies a directory with all that is a source in it: not what git ignores, and not what a build made.</summary>
/// <param name="directory">Its real path.</param>
/// <param name="excluded">Real paths of directories that are no sources.</param>
internal sealed class TreeCopy(string directory, IReadOnlyCollection<string> excluded)
{
    private const string Repository = ".git";

    // By this name tools mark directories whose content can be made again; cargo does so with its target directory.
    private const string CacheTag = "CACHEDIR.TAG";

    /// <summary>Copies it to a path where nothing is.</summary>
    /// <exception cref="IOException">Something cannot be read or written.</exception>
    public void To(string to)
    {
        Directory.CreateDirectory(to);
        if (Names() is not { Count: > 0 } names)
        {
            CopyAll(directory, to);
            return;
        }
        foreach (var name in names)
        {
            var path = Path.Combine(directory, name);
            if (excluded.Any(e => path.StartsWith($"{e}/", StringComparison.Ordinal)))
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, name))!);
            CopyEntry(path, Path.Combine(to, name));
        }
    }

    // What git knows or would know, by paths below the directory, repositories inside of it with a slash at their end; null
    // when it is no checkout.
    private List<string>? Names() => ToolProcess
        .Ask("git", directory, "ls-files", "--cached", "--others", "--exclude-standard", "-z")?
        .Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(n => n.TrimEnd('/')).Distinct(StringComparer.Ordinal).ToList();

    private void CopyAll(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in Directory.EnumerateFileSystemEntries(from).Where(e => Path.GetFileName(e) != Repository && !excluded.Contains(e)))
            if (!File.Exists(Path.Combine(entry, CacheTag)))
                CopyEntry(entry, Path.Combine(to, Path.GetFileName(entry)));
    }

    private void CopyEntry(string path, string to)
    {
        if (new FileInfo(path).LinkTarget is { } target)
            File.CreateSymbolicLink(to, target.StartsWith('/') || LeadsOut(path, target) ? Path.GetFullPath(target, Path.GetDirectoryName(path)!) : target);
        else if (Directory.Exists(path))
            CopyAll(path, to);
        // What is in git's index may be gone, and what is neither a file nor a directory is no source.
        else if (FileStamp.IsRegularFile(path))
            File.Copy(path, to);
    }

    private bool LeadsOut(string path, string target) =>
        !Path.GetFullPath(target, Path.GetDirectoryName(path)!).StartsWith($"{directory}/", StringComparison.Ordinal);
}
