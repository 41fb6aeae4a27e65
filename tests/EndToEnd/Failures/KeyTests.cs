using System.Text.RegularExpressions;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>Keys are made for their owner alone, and a wrong one is an error before anything is done.</summary>
public sealed partial class KeyTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void A_key_is_made_for_its_owner_alone_and_shown_by_either_half()
    {
        var checkout = checkouts.New();

        var generated = Run("key", "generate", checkout["ci.key"]);
        var (ours, theirs) = (Run("key", "show", checkout["ci.key"]), Run("key", "show", checkout["ci.key.pub"]));

        Assert.Equal(0, generated.ExitCode);
        Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(checkout["ci.key"]));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", File.ReadAllText(checkout["ci.key"]), StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----\n", File.ReadAllText(checkout["ci.key.pub"]), StringComparison.Ordinal);
        Assert.Matches("^key +[0-9a-f]{16}\npublic +MFkw[A-Za-z0-9+/]{118}==\n$", ours.Output);
        Assert.Equal(ours.Output, theirs.Output);
        Assert.StartsWith(ours.Output, generated.Output, StringComparison.Ordinal);
        Assert.Contains($"\"publicKey\": \"{ours.Output.Split(' ')[^1].Trim()}\"", Run("key", "show", checkout["ci.key.pub"], "--json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_never_takes_the_place_of_another_file()
    {
        var checkout = checkouts.New();
        checkout.Write("old.key.pub", "something");

        var generated = Run("key", "generate", checkout["old.key"]);

        Assert.Equal(2, generated.ExitCode);
        Assert.StartsWith($"error BPFI1063: {checkout["old.key.pub"]} is there already\n", generated.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(checkout["old.key"]));
        Assert.Equal("something", File.ReadAllText(checkout["old.key.pub"]));
    }

    [Fact]
    public void A_key_that_openssl_made_is_as_good()
    {
        if (!File.Exists("/usr/bin/openssl"))
            Assert.Skip("NOT TESTED: openssl is not installed");
        var checkout = checkouts.New();
        var commands = Command().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/security.md"))).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(2, commands.Count);
        foreach (var command in commands)
            Assert.Equal(0, Tool.Run("/bin/sh", checkout.Directory, ["-c", command]).ExitCode);
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"cache\": {{ \"signers\": [\"ci.key.pub\"] }}");

        var doctor = checkout.Run([("BPFINCR_SIGNING_KEY_FILE", checkout["ci.key"])], ["doctor"]);

        Assert.Matches($"ok +signing key +{Run("key", "show", checkout["ci.key.pub"]).Output.Split('\n')[0].Split(' ')[^1]}\n", doctor.Output);
    }

    [Fact]
    public void A_signing_key_that_others_can_read_is_refused()
    {
        var checkout = checkouts.New();
        Run("key", "generate", checkout["open.key"]);
        File.SetUnixFileMode(checkout["open.key"], (UnixFileMode)0b110_100_000);

        AssertRefused(checkout, ("BPFINCR_SIGNING_KEY_FILE", checkout["open.key"]), $"the signing key {checkout["open.key"]} is open to others");
        Assert.Equal(2, Run("key", "show", checkout["open.key"]).ExitCode);
    }

    [Fact]
    public void A_signing_key_that_is_none_is_refused()
    {
        var checkout = checkouts.New();
        Run("key", "generate", checkout["good.key"]);

        AssertRefused(checkout, ("BPFINCR_SIGNING_KEY_FILE", checkout["missing.key"]), $"the signing key {checkout["missing.key"]} cannot be read: ");
        AssertRefused(checkout, ("BPFINCR_SIGNING_KEY", "rubbish"), "what BPFINCR_SIGNING_KEY holds is no signing key: it is no private key in PEM");
        var both = checkout.Run([("BPFINCR_SIGNING_KEY", "rubbish"), ("BPFINCR_SIGNING_KEY_FILE", checkout["good.key"])], ["build"]);
        Assert.Contains("error BPFI1064: both BPFINCR_SIGNING_KEY and BPFINCR_SIGNING_KEY_FILE are set", both.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signer_that_is_none_is_an_error_with_its_place()
    {
        var checkout = checkouts.New();
        Run("key", "generate", checkout["ci.key"]);
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"cache\": {{ \"signers\": [\"ci.key\", \"missing.pub\"] }}");

        var build = checkout.Run("build");

        Assert.Equal(2, build.ExitCode);
        Assert.Contains("bpfincr.json:2:", build.Errors, StringComparison.Ordinal);
        Assert.Contains("\"ci.key\" is no signer: it is a private key, which is for those who sign and nobody else", build.Errors, StringComparison.Ordinal);
        Assert.Contains("\"missing.pub\" is no signer: ", build.Errors, StringComparison.Ordinal);
    }

    private static void AssertRefused(Checkout checkout, (string, string) key, string message)
    {
        var build = checkout.Run([key], ["build"]);

        Assert.Equal(2, build.ExitCode);
        Assert.StartsWith($"error BPFI1064: {message}", build.Errors, StringComparison.Ordinal);
        Assert.Equal("", build.Output);
    }

    private static ToolResult Run(params string[] arguments) => Tool.Run(Repository.Program, "/", arguments);

    [GeneratedRegex(@"^(openssl .*)$", RegexOptions.Multiline)]
    private static partial Regex Command();
}
