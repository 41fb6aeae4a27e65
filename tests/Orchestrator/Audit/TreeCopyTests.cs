using System.Diagnostics;
using BpfIncr.Orchestrator.Audit;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Audit;

/// <summary>What is a source and what is not.</summary>
public sealed class TreeCopyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Everything_is_copied_but_what_builds_made()
    {
        _directory.Write("w/src/main.rs", "main");
        _directory.Write("w/.cargo/config.toml", "");
        _directory.Write("w/target/CACHEDIR.TAG", "");
        _directory.Write("w/target/debug/main", "");
        _directory.Write("w/out/modern/main.o", "");
        _directory.Write("w/.git/HEAD", "");

        Assert.Equal([".cargo/config.toml", "src/main.rs"], Copied(_directory["w/out"]));
        Assert.Equal("main", File.ReadAllText(_directory["copy/src/main.rs"]));
    }

    [Fact]
    public void Links_lead_within_the_copy_where_they_lead_within_the_original_and_else_to_the_same_place()
    {
        _directory.Write("outside/b", "b");
        _directory.Write("w/a", "a");
        File.CreateSymbolicLink(_directory["w/inside"], "a");
        File.CreateSymbolicLink(_directory["w/out"], "../outside/b");
        File.CreateSymbolicLink(_directory["w/directory"], "../outside");

        Assert.Equal(["a", "directory", "inside", "out"], Copied());
        Assert.Equal("a", new FileInfo(_directory["copy/inside"]).LinkTarget);
        Assert.Equal(_directory["outside/b"], new FileInfo(_directory["copy/out"]).LinkTarget);
        Assert.Equal(_directory["outside"], new FileInfo(_directory["copy/directory"]).LinkTarget);
    }

    [Fact]
    public void In_a_checkout_git_says_what_is_a_source()
    {
        Git("w", "init", "-q");
        _directory.Write("w/.gitignore", "ignored\n");
        _directory.Write("w/ignored/a", "");
        _directory.Write("w/committed", "");
        _directory.Write("w/gone", "");
        Git("w", "add", ".");
        File.Delete(_directory["w/gone"]);
        _directory.Write("w/not yet \"committed\"", "");
        Git("w", "init", "-q", "another");
        _directory.Write("w/another/b", "");
        _directory.Write("w/out/c", "");

        Assert.Equal([".gitignore", "another/b", "committed", "not yet \"committed\""], Copied(_directory["w/out"]));
    }

    [Fact]
    public void A_directory_that_git_ignores_as_a_whole_is_copied_as_any_other()
    {
        Git(".", "init", "-q");
        _directory.Write(".gitignore", "w\n");
        _directory.Write("w/a", "");

        Assert.Equal(["a"], Copied());
    }

    private IEnumerable<string> Copied(params string[] excluded)
    {
        new TreeCopy(_directory["w"], excluded).To(_directory["copy"]);
        return Below(_directory["copy"]).Select(f => Path.GetRelativePath(_directory["copy"], f)).Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Below(string directory) => Directory.EnumerateFileSystemEntries(directory)
        .SelectMany(e => Directory.Exists(e) && new FileInfo(e).LinkTarget is null ? Below(e) : [e]);

    private void Git(string directory, params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = Directory.CreateDirectory(_directory[directory]).FullName })!;
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
    }
}
