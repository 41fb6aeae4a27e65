namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// Runs the program as on a machine on which parts of the toolchain are not installed: for it alone, nothing is in them.
/// </summary>
internal static class Hidden
{
    /// <summary>The core for BPF of Debian's rustc.</summary>
    public const string BpfCore = "/usr/lib/rustlib/bpfel-unknown-none";

    /// <summary>The sources of Debian's rustc.</summary>
    public const string Sources = "/usr/lib/rustlib/src";

    /// <summary>Runs a command of the program on a checkout.</summary>
    /// <param name="checkout">The checkout.</param>
    /// <param name="hidden">Directories in which nothing is.</param>
    /// <param name="arguments">The command.</param>
    /// <param name="patience">For how long it may run; without it, what is long for one build.</param>
    public static ToolResult Run(
        Checkout checkout, IReadOnlyCollection<string> hidden, IEnumerable<string> arguments, TimeSpan? patience = null)
    {
        if (hidden.Count > 0 && !Environment.IsPrivilegedProcess)
            Assert.Skip($"only root can hide {string.Join(" and ", hidden)}");
        var mounts = hidden.Where(Directory.Exists).Select(d => $"mount -t tmpfs none {d} && ");
        IEnumerable<string> command = [Repository.Program, .. checkout.Arguments(arguments)];
        using var process = hidden.Count == 0
            ? Tool.Start(Repository.Program, "/", command.Skip(1))
            : Tool.Start("unshare", "/", ["--mount", "sh", "-c", $"{string.Concat(mounts)}exec \"$@\"", "sh", .. command]);
        return Tool.Finish(process, patience);
    }
}
