using BpfIncr.EndToEnd.Tests.Reuse;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Tiers;

/// <summary>
/// Machines that have nothing in common but a directory: each has a checkout and a local cache of its own. The first one
/// has built <see cref="Library"/>, and written everything to the directory.
/// </summary>
public sealed class Runners : IDisposable
{
    /// <summary>What each step of the workspace is on a runner that finds it in the directory.</summary>
    internal const string AllFound =
        """
        one: rustc New/ActionCache, link New/ActionCache
        one/modern: patch New/ActionCache, optimize New/ActionCache, codegen New/ActionCache
        two: rustc New/ActionCache, link New/ActionCache
        two/modern: patch New/ActionCache, optimize New/ActionCache, codegen New/ActionCache
        """;

    /// <summary>What it is where the directory is of no use.</summary>
    internal static readonly string AllExecuted = AllFound.Replace("ActionCache", "Executed", StringComparison.Ordinal);

    private readonly TestDirectory _directory = new();
    private int _made;

    public Runners()
    {
        Shared = Directory.CreateDirectory(_directory["shared"]).FullName;
        First = new Checkout(_directory["first/work"], _directory["first/cache"]);
        Library.Write(First);
        Library.WriteProbe(First, "two", "7");
        var build = First.Build("--shared-cache", Shared).Succeeded();
        Assert.Equal(AllExecuted, build.Reruns);
        Assert.Equal(Library.AllCompiled, Library.Crates(build));
    }

    /// <summary>The directory; a test that writes to it takes a copy.</summary>
    internal string Shared { get; }

    /// <summary>The runner that has built.</summary>
    internal Checkout First { get; }

    /// <summary>A fresh checkout on another machine.</summary>
    internal Checkout New()
    {
        var clone = Library.Clone(First, _directory[$"{++_made}/a \"place\" of its own"]);
        return new Checkout(clone.Directory, _directory[$"{_made}/cache"]);
    }

    /// <summary>A copy of the directory.</summary>
    internal string CopyOfShared()
    {
        var copy = NewDirectory("copy");
        Tool.Do("cp", "-a", $"{Shared}/.", copy);
        return copy;
    }

    /// <summary>A new directory.</summary>
    internal string NewDirectory(string name) => Directory.CreateDirectory(_directory[$"{++_made}/{name}"]).FullName;

    /// <summary>Runs the program on a runner as a user who is not root, whom the runner belongs to then.</summary>
    /// <param name="runner">The runner.</param>
    /// <param name="others">What else is to belong to that user.</param>
    /// <param name="arguments">The program's arguments.</param>
    /// <param name="variables">Further variables.</param>
    internal ToolResult RunAsSomebody(
        Checkout runner, IEnumerable<string> others, IEnumerable<string> arguments, params IEnumerable<(string, string)> variables)
    {
        if (Environment.UserName != "root")
            return Tool.Run(Repository.Program, "/", arguments, variables);
        const string Somebody = "65534";
        Tool.Do("chmod", "711", _directory.Path);
        Tool.Do("chown", ["-R", Somebody, runner.Directory, Path.GetDirectoryName(runner.Cache)!, .. others]);
        return Tool.Run(
            "setpriv", "/", [$"--reuid={Somebody}", $"--regid={Somebody}", "--clear-groups", Repository.Program, .. arguments],
            [("HOME", runner.Directory), ("PATH", "/usr/bin:/bin"), .. variables]);
    }

    /// <summary>The steps that ran, by name.</summary>
    internal static IEnumerable<string> Ran(BuildResult build) => build.Steps.Where(s => s.Ran).Select(s => s.Step).Order(StringComparer.Ordinal);

    /// <summary>The lines about shared caches among what a build complains of.</summary>
    internal static IReadOnlyList<string> Troubles(BuildResult build) => Troubles(build.Errors);

    /// <summary>The lines about shared caches among complaints.</summary>
    internal static IReadOnlyList<string> Troubles(string errors) =>
        [.. errors.Split('\n').Where(l => l.Contains(" BPFI109", StringComparison.Ordinal))];

    /// <summary>Every file below a directory, with its content's hash and its time.</summary>
    internal static string StateOf(string directory) => string.Join('\n', Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetRelativePath(directory, f)} {File.GetLastWriteTimeUtc(f):O} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"));

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
