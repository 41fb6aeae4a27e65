using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>What git says has changed since a revision: committed, staged, not staged, and not tracked.</summary>
internal static class GitChanges
{
    /// <summary>Absolute paths of the changed files, also of those that are gone; or why git cannot tell.</summary>
    /// <param name="directory">A directory of the checkout.</param>
    /// <param name="revision">A commit, branch or tag.</param>
    public static (IReadOnlySet<string>? Paths, Diagnostic? Error) Since(string directory, string revision)
    {
        var (top, noCheckout) = ToolProcess.Run("git", directory, [], "rev-parse", "--show-toplevel");
        if (top is null)
            return (null, Diagnostic.Error("BPFI1070", $"{directory} is no git checkout", noCheckout.Trim()));
        var (changed, unknown) = ToolProcess.Run("git", directory, [], "diff", "--name-only", "--no-renames", "-z", $"{revision}^{{commit}}", "--");
        if (changed is null)
            return (null, Diagnostic.Error("BPFI1071", $"git does not know the revision {revision}", unknown.Trim().Split('\n')[0]));
        // Untracked files are named from the directory that is asked, changed ones from the top.
        var root = top.TrimEnd('\n');
        var untracked = ToolProcess.Ask("git", root, "ls-files", "--others", "--exclude-standard", "-z") ?? "";
        var names = changed.Split('\0').Concat(untracked.Split('\0')).Where(n => n.Length > 0);
        return (names.Select(n => Path.Combine(root, n)).ToHashSet(StringComparer.Ordinal), null);
    }
}
