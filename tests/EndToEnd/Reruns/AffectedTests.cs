using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Which probes a change affects, in a git checkout.</summary>
public sealed class AffectedTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Checkout _checkout;

    public AffectedTests()
    {
        _checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        Crates.WriteWorkspace(_checkout);
        Crates.WriteProbe(_checkout, "a", "x");
        Crates.WriteProbe(_checkout, "b", "mid::between(x)", "mid = { path = \"../../mid\" }");
        _checkout.Write(".gitignore", "target/\n");
        _checkout.Build().Succeeded();
        Git("init", "-q");
        Git("add", ".");
        Git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "first");
    }

    [Fact]
    public void Nothing_changed() => AssertAffected();

    [Fact]
    public void A_source_of_one_probe()
    {
        Crates.WriteProbe(_checkout, "a", "x + 1");

        AssertAffected("a");
    }

    [Fact]
    public void A_crate_that_one_probe_uses()
    {
        _checkout.Replace("mid/src/lib.rs", "+ 100", "+ 200");

        AssertAffected("b");
    }

    [Fact]
    public void A_crate_that_all_use_and_a_committed_change()
    {
        _checkout.Replace("kit/src/lib.rs", "x + 10", "x + 20");
        Git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-a", "-m", "second");

        AssertAffected();
        Assert.Equal("a\nb\n", _checkout.Run("affected", "HEAD~1").Output);
    }

    [Fact]
    public void A_probe_that_git_does_not_know_yet()
    {
        Crates.WriteProbe(_checkout, "c", "x");

        // The new package is in the lock file as well, which any probe may depend on.
        Assert.Contains("c", _checkout.Run("affected", "HEAD").Output.Split('\n'));
    }

    [Fact]
    public void Only_what_is_affected_is_built()
    {
        Crates.WriteProbe(_checkout, "a", "x + 1");

        var build = _checkout.Build("--affected=HEAD").Succeeded();

        Assert.All(build.Steps, s => Assert.StartsWith("a", s.Subject, StringComparison.Ordinal));
        Assert.Contains(build.Steps, s => s.Step == "codegen a/one" && s.Ran);
        Assert.Contains("nothing ran", _checkout.Build().Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_revision_is_named()
    {
        var result = _checkout.Run("affected", "no-such-branch");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("error BPFI1071: git does not know the revision no-such-branch", result.Errors, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private void AssertAffected(params string[] probes) =>
        Assert.Equal(string.Concat(probes.Select(p => $"{p}\n")), _checkout.Run("affected", "HEAD").Output);

    private void Git(params string[] arguments)
    {
        var result = Tool.Run("git", _checkout.Directory, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}
