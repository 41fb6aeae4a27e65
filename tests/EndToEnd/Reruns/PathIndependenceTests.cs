using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Two users on one machine, in different directories, with nothing in common but the toolchain.</summary>
public sealed class PathIndependenceTests : IDisposable
{
    private const string OtherUser = "65534";

    private readonly TestDirectory _directory = new();

    [Theory]
    [InlineData("bpf")]
    [FurtherData("host")]
    public void Two_users_make_the_same_keys_and_the_same_bytes(string mode)
    {
        if (Environment.UserName != "root")
            Assert.Skip("only root can become another user");
        // The other user goes through the test's directory, too.
        Tool.Do("chmod", "711", _directory.Path);
        var one = New("one", mode);
        var other = New("other user's, = \"ü", mode);
        var home = _directory["other home"];
        Directory.CreateDirectory(home);
        Tool.Do("chown", "-R", OtherUser, other.Directory, home);

        one.BuildWith([("CARGO_HOME", _directory["one's cargo home"])]).Succeeded();
        var build = Tool.Run(
            "setpriv", "/", [$"--reuid={OtherUser}", $"--regid={OtherUser}", "--clear-groups", Repository.Program, .. other.Arguments(["build"])],
            ("HOME", home), ("CARGO_HOME", $"{home}/cargo"), ("PATH", "/usr/bin:/bin"));

        Assert.True(build.ExitCode == 0, build.ToString());
        Assert.Equal(one.Objects(), other.Objects());
        Assert.Equal(Keys(one), Keys(other));
        // Each probe has a weak key, rustc and link, and three stages for each variant; two libraries have two keys each.
        Assert.Equal((2 * (3 + (3 * 2))) + (2 * 2), Keys(one).Count);
    }

    [Fact]
    public void One_worker_and_many_make_the_same_bytes()
    {
        var (one, many) = (New("one", "bpf"), New("many", "bpf"));

        one.Build("-j1").Succeeded();
        many.Build("-j8").Succeeded();

        Assert.Equal(one.Objects(), many.Objects());
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private Checkout New(string name, string mode)
    {
        var checkout = new Checkout(_directory[$"{name}/checkout"], _directory[$"{name}/checkout/.cache"]);
        checkout.AddMonorepo("tc-mark", "xdp-parse");
        checkout.Configure($"\"workspaces\": [\"monorepo\"], \"toolchain\": {{ \"rustc\": \"/usr/bin/rustc\", \"mode\": \"{mode}\" }},\n{Checkout.Variants}");
        return checkout;
    }

    // The names of the results: each is the key of an action.
    private static List<string> Keys(Checkout checkout) =>
        [.. Directory.EnumerateFiles(Path.Combine(checkout.Cache, "v1/results"), "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
}
