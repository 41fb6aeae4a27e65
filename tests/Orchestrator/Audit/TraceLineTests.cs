using BpfIncr.Orchestrator.Audit;

namespace BpfIncr.Orchestrator.Tests.Audit;

public sealed class TraceLineTests
{
    [Fact]
    public void A_call_has_a_time_a_name_arguments_and_a_result()
    {
        var line = TraceLine.Parse("1795478789.184937 openat(AT_FDCWD</tmp/a (b>, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = 3</etc/ld.so.cache>");

        Assert.NotNull(line);
        Assert.Equal((1795478789184937, "openat"), (line.Time, line.Call));
        Assert.Equal(["AT_FDCWD</tmp/a (b>", "\"/etc/ld.so.cache\"", "O_RDONLY|O_CLOEXEC"], line.Arguments);
        Assert.Equal("/tmp/a (b", TraceLine.PathOf(line.Arguments[0]));
        Assert.Equal("/etc/ld.so.cache", TraceLine.TextOf(line.Arguments[1]));
        Assert.Equal("/etc/ld.so.cache", TraceLine.PathOf(line.Result));
        Assert.True(line.Succeeded);
    }

    [Theory]
    [InlineData("1.5 chdir(\"/etc\")         = 0", "chdir", "\"/etc\"", "0")]
    [InlineData("1.5 vfork()               = 20379", "vfork", "", "20379")]
    [InlineData("1.5 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7f0} => {parent_tid=[0]}, 88) = 12", "clone3", "{flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7f0} => {parent_tid=[0]} 88", "12")]
    [InlineData("1.5 getdents64(3</etc/apt>, 0x561c297912a0 /* 9 entries */, 32768) = 296", "getdents64", "3</etc/apt> 0x561c297912a0 /* 9 entries */ 32768", "296")]
    [InlineData("1.5 access(\"a), = (\", F_OK) = -1 ENOENT (No such file or directory)", "access", "\"a), = (\" F_OK", "-1 ENOENT (No such file or directory)")]
    [InlineData("1.5 newfstatat(1<pipe:[17]>, \"\", {st_mode=S_IFREG|0644, st_size=29, ...}, AT_EMPTY_PATH) = 0", "newfstatat", "1<pipe:[17]> \"\" {st_mode=S_IFREG|0644, st_size=29, ...} AT_EMPTY_PATH", "0")]
    public void Brackets_in_arguments_do_not_end_them(string text, string call, string arguments, string result)
    {
        var line = TraceLine.Parse(text);

        Assert.NotNull(line);
        Assert.Equal((call, arguments, result), (line.Call, string.Join(' ', line.Arguments), line.Result));
    }

    [Theory]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"a\\\"b\\\\c\\nd\"", "a\"b\\c\nd")]
    [InlineData("\"\\303\\274\\76 \\0\"", "ü> \0")]
    [InlineData("\"long\"...", "long")]
    public void Characters_are_what_they_were(string argument, string text) => Assert.Equal(text, TraceLine.TextOf(argument));

    [Fact]
    public void A_command_line_is_a_list_of_texts() =>
        Assert.Equal(["sh", "-c", "echo [\"a\", b]"], TraceLine.ListOf("[\"sh\", \"-c\", \"echo [\\\"a\\\", b]\"]"));

    [Theory]
    [InlineData("")]
    [InlineData("1.5 +++ exited with 0 +++")]
    [InlineData("1.5 openat(AT_FDCWD</tmp>, \"x\", O_RDONLY <unfinished ...>")]
    [InlineData("1.5 openat(AT_FDCWD</tmp>, \"x")]
    [InlineData("word openat(AT_FDCWD</tmp>, \"x\", O_RDONLY) = 3</tmp/x>")]
    public void Anything_else_is_no_call(string text) => Assert.Null(TraceLine.Parse(text));
}
