using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>Cleaning removes what builds made, and nothing else, wherever that lies.</summary>
public sealed class CleanTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void What_somebody_else_put_into_the_output_directory_stays()
    {
        var checkout = checkouts.New();
        checkout.Write("target/bpf/notes.txt", "mine");
        checkout.Write("target/bpf/modern/notes.txt", "mine");
        checkout.Write("target/bpf/cargo/notes.txt", "mine");

        Assert.Equal(0, checkout.Run("clean").ExitCode);

        Assert.Empty(checkout.Objects());
        Assert.Equal(
            ["cargo/notes.txt", "modern/notes.txt", "notes.txt"],
            Directory.EnumerateFiles(checkout["target/bpf"], "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(checkout["target/bpf"], f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_is_left_where_nobody_else_put_anything()
    {
        var checkout = checkouts.New();

        Assert.Equal(0, checkout.Run("clean").ExitCode);

        Assert.False(Directory.Exists(checkout["target/bpf"]));
    }

    [Fact]
    public void What_was_removed_is_said()
    {
        var checkout = checkouts.NewWithOwnCache();

        var cleaned = checkout.Run("clean", "--cache");

        Assert.Equal($"removed what builds made in {checkout["target/bpf"]}\nremoved the cache {checkout.Cache}/v1\n", cleaned.Output);
        Assert.Empty(Directory.GetFileSystemEntries(checkout.Cache));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("tiny")]
    [InlineData("")]
    public void A_directory_that_holds_sources_cannot_be_the_output_directory(string output)
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"output\": \"{output}\"");

        foreach (var command in (string[])["build", "clean"])
        {
            var result = checkout.Run(command);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains("\"output\" cannot be a directory that holds", result.Errors, StringComparison.Ordinal);
        }
        Assert.True(File.Exists(checkout["tiny/Cargo.toml"]));
    }

    [Fact]
    public void Packages_that_do_not_exist_are_no_success()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"packages\": [\"tinny\"]");

        var build = checkout.Build();

        Assert.Equal(2, build.ExitCode);
        Assert.StartsWith("error BPFI1022: there is no probe", build.Errors, StringComparison.Ordinal);
        Assert.NotEmpty(checkout.Objects());
    }

    [Fact]
    public void A_function_without_a_section_is_no_program()
    {
        var checkout = checkouts.New();
        checkout.Replace("tiny/src/bin/pass.rs", "#[link_section = \"xdp\"]\n", "");

        var build = checkout.Build("pass");

        Assert.Equal(1, build.ExitCode);
        Assert.Contains("BPFI2503", build.Errors, StringComparison.Ordinal);
    }
}
