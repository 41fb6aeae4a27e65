using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>A wrong command line: an error in the form of all others, a hint that leads on, and exit code 2.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("bild", "there is no command bild", "did you mean build?")]
    [InlineData("cache stat", "there is no command stat", "did you mean stats?")]
    [InlineData("cache everything", "there is no command everything", "see bpfincr cache --help")]
    [InlineData("build --explian", "there is no option --explian", "did you mean --explain?")]
    [InlineData("watch --json", "there is no option --json", "see bpfincr watch --help")]
    [InlineData("clean --chache", "there is no option --chache", "did you mean --cache?")]
    [InlineData("doctor --cahce-dir /nowhere", "there is no option --cahce-dir", "did you mean --cache-dir?")]
    [InlineData("explain pass count", "count is not expected here", "see bpfincr explain --help")]
    [InlineData("explain", "Required argument 'probe' missing for command: 'explain'", "see bpfincr explain --help")]
    [InlineData("build --jobs 0", "--jobs must be a number above 0", "see bpfincr build --help")]
    [InlineData("build --json", "--json needs --dry-run", "see bpfincr build --help")]
    [InlineData("cache pin a/b", "\"a/b\" cannot name a pin: use letters, digits, '-', '_', '+' and '.'", "see bpfincr cache pin --help")]
    public void A_mistake_is_one_error_with_a_hint(string line, string message, string hint)
    {
        var result = Tool.Run(Repository.Program, "/", line.Split(' '));

        Assert.Equal((2, "", $"error BPFI1005: {message}\n  help {hint}\n"), (result.ExitCode, result.Output, result.Errors));
    }

    [Theory]
    [InlineData("a name is empty", "build", "")]
    [InlineData("a name is empty", "watch", "pass,")]
    [InlineData("a name is empty", "build", "--variant", "")]
    [InlineData("a bundle needs a name", "cache", "export", "")]
    public void An_empty_variable_of_a_script_is_no_name(string message, params string[] arguments)
    {
        var result = Tool.Run(Repository.Program, "/", arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"error BPFI1005: {message}\n", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_only_shared_cache_without_a_directory_is_not_replaced_by_a_writable_one()
    {
        using var directory = new TestDirectory();
        var checkout = new Checkout(directory["checkout"], directory["cache"]);
        checkout.AddFixture("tiny");
        Directory.CreateDirectory(directory["shared"]);
        checkout.Configure($"\"workspaces\": [\"tiny\"], \"cache\": {{ \"shared\": [{{ \"path\": \"{directory["shared"]}\" }}] }}");

        var build = checkout.BuildWith([("BPFINCR_SHARED_CACHE", ":ro")]);

        Assert.Equal(2, build.ExitCode);
        Assert.Equal("error BPFI1005: the shared cache \":ro\" has no directory\n  help write DIR:ro, or none for no shared cache\n", build.Errors);
        Assert.Empty(Directory.GetFileSystemEntries(directory["shared"]));
    }

    [Theory]
    [InlineData("", "Usage:\n  bpfincr [command] [options]")]
    [InlineData("cache", "Usage:\n  bpfincr cache [command] [options]")]
    public void A_line_that_ends_too_early_is_answered_with_the_help(string line, string usage)
    {
        var result = Tool.Run(Repository.Program, "/", line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(usage, result.Output, StringComparison.Ordinal);
    }
}
