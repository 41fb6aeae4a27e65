using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>What runs with another toolchain: everything.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class ToolchainTests(WarmCheckout warm)
{
    [Fact]
    public void Another_toolchain_mode_runs_everything()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"variants\"", "\"toolchain\": { \"mode\": \"host\" }, \"variants\"");

        var build = checkout.Build().Succeeded();

        Assert.Equal(6 * (2 + (2 * 3)), build.Steps.Count);
        Assert.All(build.Steps, s => Assert.True(s.Ran, s.ToString()));
    }

    [Fact]
    public void Another_rustc_runs_rustc_for_every_probe()
    {
        var rustup = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".rustup/toolchains");
        var rustc = Directory.Exists(rustup)
            ? Directory.EnumerateDirectories(rustup, "stable*").Select(d => Path.Combine(d, "bin/rustc")).FirstOrDefault(File.Exists)
            : null;
        if (rustc is null)
            Assert.Skip($"there is no second toolchain: no stable one below {rustup}");
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"variants\"", $"\"toolchain\": {{ \"rustc\": \"{rustc}\" }}, \"variants\"");

        var build = checkout.Build().Succeeded();

        Assert.Equal(6 * (2 + (2 * 3)), build.Steps.Count);
        Assert.All(build.Steps, s => Assert.True(s.Ran, s.ToString()));
    }

    [Fact]
    public void A_core_for_BPF_that_is_installed_after_a_build_is_used_by_the_next_one()
    {
        using var directory = new TestDirectory();
        var checkout = new Checkout(directory["checkout"], directory["cache"]);
        checkout.AddFixture("tiny");
        checkout.Configure("\"workspaces\": [\"tiny\"]");
        var without = Hidden.Run(checkout, [Hidden.BpfCore, Hidden.Sources], ["build"]);
        Assert.True(without.ExitCode == 0, without.ToString());

        var build = checkout.Build().Succeeded();

        Assert.All(build.Steps, s => Assert.True(s.Ran, s.ToString()));
        Assert.Contains("prebuilt BPF core", checkout.Run("doctor").Output.Split('\n').Single(l => l.Contains("chosen: ", StringComparison.Ordinal) && !l.Contains("not chosen", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
