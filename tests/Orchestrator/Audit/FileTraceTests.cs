using BpfIncr.Orchestrator.Audit;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Audit;

/// <summary>Logs of strace's become uses of files, each by the program that made it.</summary>
public sealed class FileTraceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Each_use_has_its_program_and_each_program_its_parent()
    {
        Log(1,
            "execve(\"/bin/cargo\", [\"cargo\", \"build\"], 0x7ff /* 4 vars */) = 0",
            "chdir(\"/w\") = 0",
            "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 2",
            "openat(AT_FDCWD</w>, \"Cargo.toml\", O_RDONLY) = 3</w/Cargo.toml>");
        Log(2,
            "chdir(\"kit\") = 0",
            "execve(\"/bin/script\", [\"script\"], 0x7ff /* 4 vars */) = 0",
            "clone3({flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[0]}, 88) = 3");
        Log(3, "open(\"data\", O_RDONLY) = 4</elsewhere/data>");

        Assert.Equal(
            ["cargo Read /bin/cargo", "script<cargo Read /bin/script", "script<cargo Read /w/kit/data (/elsewhere/data)", "cargo Read /w/Cargo.toml"],
            Uses());
    }

    [Theory]
    [InlineData("openat(AT_FDCWD</w>, \"a\", O_RDONLY|O_CLOEXEC) = 3</w/a>", "Read /w/a")]
    [InlineData("openat(7</other>, \"a\", O_RDONLY) = 3</other/a>", "Read /other/a")]
    [InlineData("openat(AT_FDCWD</w>, \"/b/../a\", O_RDWR) = 3</a>", "Read /a")]
    [InlineData("openat(AT_FDCWD</w>, \"a\", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</w/a>", "Made /w/a")]
    [InlineData("openat(AT_FDCWD</w>, \"a\", O_RDONLY) = -1 ENOENT (No such file or directory)", "Missed /w/a")]
    [InlineData("statx(AT_FDCWD</w>, \"a\", AT_STATX_SYNC_AS_STAT, STATX_ALL, 0x7ff) = -1 ENOENT (No such file or directory)", "Missed /w/a")]
    [InlineData("access(\"a\", R_OK) = -1 ENOENT (No such file or directory)", "Missed /w/a")]
    [InlineData("getdents64(3</w/d>, 0x561 /* 9 entries */, 32768) = 296", "Listed /w/d")]
    [InlineData("rename(\"a\", \"b\") = 0", "Made /w/b")]
    [InlineData("renameat2(AT_FDCWD</w>, \"a\", AT_FDCWD</w>, \"b\", RENAME_NOREPLACE) = 0", "Made /w/b")]
    [InlineData("linkat(AT_FDCWD</w>, \"a\", AT_FDCWD</w>, \"b\", 0) = 0", "Made /w/b")]
    [InlineData("symlink(\"a\", \"b\") = 0", "Made /w/b")]
    [InlineData("mkdir(\"d\", 0777) = 0", "Made /w/d")]
    public void A_call_is_a_use_of_a_file(string call, string use)
    {
        Log(1, "execve(\"/p\", [\"p\"], 0x7ff /* 4 vars */) = 0", "chdir(\"/w\") = 0", call);

        Assert.Equal(["p Read /p", $"p {use}"], Uses());
    }

    [Theory]
    [InlineData("openat(AT_FDCWD</w>, \"d\", O_RDONLY|O_DIRECTORY) = 3</w/d>")]
    [InlineData("openat(AT_FDCWD</w>, \"a\", O_RDONLY|O_PATH) = 3</w/a>")]
    [InlineData("openat(AT_FDCWD</w>, \"a\", O_RDONLY) = -1 EACCES (Permission denied)")]
    [InlineData("statx(AT_FDCWD</w>, \"a\", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL}) = 0")]
    [InlineData("newfstatat(3</w/a>, \"\", {st_mode=S_IFREG|0644}, AT_EMPTY_PATH) = 0")]
    [InlineData("mkdir(\"d\", 0777) = -1 EEXIST (File exists)")]
    [InlineData("unlink(\"a\") = 0")]
    public void What_tells_nothing_of_content_is_none(string call)
    {
        Log(1, "execve(\"/p\", [\"p\"], 0x7ff /* 4 vars */) = 0", "chdir(\"/w\") = 0", call);

        Assert.Equal(["p Read /p"], Uses());
    }

    private void Log(int thread, params string[] calls) =>
        _directory.Write($"{FileTrace.LogName}.{thread}", string.Concat(calls.Select((c, i) => $"{1 + i}.000000 {c}\n")));

    private IEnumerable<string> Uses() => FileTrace.Read(_directory.Path)
        .Select(e => $"{NameOf(e.Program)} {e.Use} {e.Path}{(e.RealPath == e.Path ? "" : $" ({e.RealPath})")}");

    private static string NameOf(TracedProgram program) => program.Arguments[0] + (program.Parent is { } parent ? $"<{NameOf(parent)}" : "");
}
