using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>What git says has changed since a revision: committed, staged, not staged, and not tracked. What git ignores does not count.</summary>
internal sealed class GitChanges
{
    private const int MaximumLinks = 40;

    private readonly string _top;
    private readonly string _commit;
    private readonly HashSet<string> _changed;
    private readonly HashSet<string> _above;
    private readonly Dictionary<string, (bool Touched, string Real)> _walked = new(StringComparer.Ordinal);

    private GitChanges(string top, string commit, IEnumerable<string> names)
    {
        (_top, _commit) = (top, commit);
        // A checkout inside this one that git does not know is named with a slash at its end.
        _changed = names.Select(n => Path.Combine(top, n.TrimEnd('/'))).ToHashSet(StringComparer.Ordinal);
        _above = _changed.SelectMany(Above).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Whether nothing has changed at all.</summary>
    public bool IsEmpty => _changed.Count == 0;

    /// <summary>The changes in the checkout of a directory; or why git cannot tell.</summary>
    /// <param name="directory">A directory of the checkout.</param>
    /// <param name="revision">A commit, branch or tag.</param>
    public static (GitChanges? Changes, Diagnostic? Error) Since(string directory, string revision)
    {
        var (top, noCheckout) = ToolProcess.Run("git", directory, [], "rev-parse", "--show-toplevel");
        if (top is null)
            return (null, Diagnostic.Error("BPFI1070", $"{directory} is no git checkout", noCheckout.Trim()));
        var root = top.TrimEnd('\n');
        var commit = ToolProcess.Ask("git", root, "rev-parse", "--verify", "--quiet", "--end-of-options", $"{revision}^{{commit}}")?.Trim();
        if (commit is null)
            return (null, Unknown(root, revision));
        // Whatever the user's configuration says, names count from the top, a moved file is one that went and one that
        // came, and a submodule is changed when anything in it is.
        var (changed, failed) = ToolProcess.Run(
            "git", root, [], "diff", "--name-only", "--no-relative", "--no-renames", "--ignore-submodules=none", "-z", commit, "--");
        var untracked = ToolProcess.Ask("git", root, "ls-files", "--others", "--exclude-standard", "-z");
        if (changed is null || untracked is null)
            return (null, Diagnostic.Error("BPFI1071", $"git cannot compare with {revision}", failed.Trim().Split('\n')[0]));
        var names = changed.Split('\0').Concat(untracked.Split('\0')).Where(n => n.Length > 0);
        return (new GitChanges(root, commit, names), null);
    }

    /// <summary>Whether a path is another one than before: itself, a directory or a submodule that it is in, or a symbolic link on the way to it.</summary>
    public bool Touch(string path) => Walk(path, 0).Touched;

    /// <summary>Whether that holds for a path or for anything below it.</summary>
    public bool TouchWithin(string path) => Walk(path.TrimEnd('/'), 0) is var (touched, real) && (touched || _above.Contains(real));

    /// <summary>The changed files of a name below a directory.</summary>
    public IEnumerable<string> Named(string name, string directory)
    {
        var below = $"{Walk(directory, 0).Real}/";
        return _changed.Where(c => c.StartsWith(below, StringComparison.Ordinal) && Path.GetFileName(c) == name);
    }

    /// <summary>The text of a file at the revision, in a submodule at the submodule's revision of then; null when there was none.</summary>
    public string? Before(string path)
    {
        var real = Walk(path, 0).Real;
        return Above(real).FirstOrDefault(_changed.Contains) is { } submodule && ObjectAt(submodule) is { } commit
            ? Text(submodule, commit, real)
            : Text(_top, _commit, real);
    }

    private string? ObjectAt(string path) =>
        ToolProcess.Ask("git", _top, "rev-parse", "--verify", "--quiet", $"{_commit}:{Path.GetRelativePath(_top, path)}")?.Trim();

    private static string? Text(string checkout, string commit, string path) =>
        ToolProcess.Ask("git", checkout, "cat-file", "blob", $"{commit}:{Path.GetRelativePath(checkout, path)}");

    private static Diagnostic Unknown(string root, string revision)
    {
        var isShallow = ToolProcess.Ask("git", root, "rev-parse", "--is-shallow-repository")?.Trim() == "true";
        return Diagnostic.Error(
            "BPFI1071", $"git does not know the revision {revision}",
            isShallow ? "this is a shallow clone: fetch the revision with git fetch --unshallow, or clone with the whole history" : "name a commit, a branch or a tag; fetch it when it is a remote's");
    }

    // What the kernel does to find a file, looking at each name on the way.
    private (bool Touched, string Real) Walk(string path, int links)
    {
        if (path is "/" or "")
            return (false, "/");
        if (_walked.TryGetValue(path, out var known))
            return known;
        var (touched, real) = Walk(Path.GetDirectoryName(path)!, links);
        real = Path.Combine(real, Path.GetFileName(path));
        touched |= _changed.Contains(real);
        if (links < MaximumLinks && new FileInfo(real).LinkTarget is { } target)
        {
            var (targetTouched, targetReal) = Walk(Path.GetFullPath(target, Path.GetDirectoryName(real)!), links + 1);
            (touched, real) = (touched || targetTouched, targetReal);
        }
        return _walked[path] = (touched, real);
    }

    private static IEnumerable<string> Above(string path)
    {
        for (var d = Path.GetDirectoryName(path); d is not null; d = Path.GetDirectoryName(d))
            yield return d;
    }
}
