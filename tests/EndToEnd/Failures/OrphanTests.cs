using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>A program that is killed outright cannot end its children: what they go on to make misleads nobody.</summary>
public sealed class OrphanTests : IDisposable
{
    private readonly CrateCheckout _crates = new();

    [Fact]
    public void A_build_after_a_killed_one_is_not_misled_by_the_cargo_that_lives_on()
    {
        var checkout = _crates.Checkout;
        checkout.Write("probes/alpha/build.rs", """
            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                std::fs::write("started", "").unwrap();
                while !std::path::Path::new("go").exists() {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }
            """);
        using var killed = Tool.Start(Repository.Program, "/", checkout.Arguments(["build"]));
        Assert.True(SpinWait.SpinUntil(() => File.Exists(checkout["probes/alpha/started"]), TimeSpan.FromMinutes(1)), "the build script did not start");
        Tool.Do("kill", "-KILL", killed.Id.ToString(CultureInfo.InvariantCulture));
        killed.WaitForExit();
        Crates.WriteProbe(checkout, "alpha", "kit::shared(x) + 3");

        using var next = Tool.Start(Repository.Program, "/", checkout.Arguments(["build"]));
        // The cargo of before holds the target directory until its build script ends.
        checkout.Write("probes/alpha/go", "");
        var build = Tool.Finish(next);

        Assert.True(build.ExitCode == 0, build.ToString());
        _crates.AssertClean();
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    /// <inheritdoc/>
    public void Dispose() => _crates.Dispose();
}
