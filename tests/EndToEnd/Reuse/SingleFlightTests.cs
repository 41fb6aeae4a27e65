using System.Diagnostics;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reuse;

/// <summary>Several builds of the same sources at once, on one cache.</summary>
public sealed class SingleFlightTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Checkout _first;

    public SingleFlightTests()
    {
        _first = new Checkout(_directory["0"], _directory["cache"]);
        Library.Write(_first);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Three_checkouts_that_are_built_at_once_execute_each_action_once()
    {
        Checkout[] checkouts = [_first, .. Enumerable.Range(1, 2).Select(i => Library.Clone(_first, _directory[$"{i}"]))];
        var builds = checkouts.Select(c => Start(c)).ToList();

        var results = builds.ConvertAll(b => new BuildResult(Tool.Finish(b)).Succeeded());

        var steps = results.SelectMany(r => r.Steps).Where(s => s.Ran).Select(s => s.Step).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "codegen one/modern", "codegen two/modern", "link one", "link two", "optimize one/modern", "optimize two/modern",
                "patch one/modern", "patch two/modern", "rustc one", "rustc two",
            ], steps);
        var crates = results.SelectMany(r => Library.Crates(r).Split('\n')).Where(l => l.EndsWith("Executed", StringComparison.Ordinal));
        Assert.Equal(Library.AllCompiled.Split('\n'), crates.Order(StringComparer.Ordinal));
        Assert.All(checkouts, c => Assert.Equal(_first.Objects(), c.Objects()));
        Assert.Empty(Directory.GetFiles(_directory["cache/v1/locks"]));
    }

    [Fact]
    public void Probes_with_other_sources_share_the_crates_that_are_being_compiled()
    {
        var other = Library.Clone(_first, _directory["other"]);
        Library.WriteProbe(other, "one", "5");
        Library.WriteProbe(other, "two", "6");
        using var one = Start(_first, "one");
        using var two = Start(other, "two");

        BuildResult[] results = [new BuildResult(Tool.Finish(one)).Succeeded(), new BuildResult(Tool.Finish(two)).Succeeded()];

        var compiled = results.SelectMany(r => Library.Crates(r).Split('\n')).Where(l => l.EndsWith("Executed", StringComparison.Ordinal));
        Assert.Equal(Library.AllCompiled.Split('\n'), compiled.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void When_the_build_that_compiles_is_killed_the_other_one_does_its_work()
    {
        _first.Write("table/build.rs", $$"""
            fn main() {
                std::fs::write("{{_directory["started"]}}", "").unwrap();
                while !std::path::Path::new("{{_directory["go"]}}").exists() {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                std::fs::write(std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("table.rs"), "pub const TABLE: u32 = 3;").unwrap();
            }
            """);
        var second = Library.Clone(_first, _directory["second"]);
        using var killed = Start(_first);
        var clock = Stopwatch.StartNew();
        while (!File.Exists(_directory["started"]))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "the build script was never started");
            Thread.Sleep(5);
        }
        using var waiting = Start(second);
        killed.Kill(entireProcessTree: true);
        killed.WaitForExit();
        File.WriteAllText(_directory["go"], "");

        var build = new BuildResult(Tool.Finish(waiting)).Succeeded();

        Assert.Contains(build.Steps, s => s.Step == "rustc one" && s.Ran);
        Assert.Equal("", second.Build().Succeeded().Reruns);
    }

    [Fact]
    public void Variants_with_equal_options_run_their_steps_once()
    {
        _first.Configure("\"variants\": { \"this\": { \"cpu\": \"v3\" }, \"that\": { \"cpu\": \"v3\" } }");

        var build = _first.Build("one").Succeeded();

        Assert.Equal(
            ["codegen", "link", "optimize", "patch", "rustc"],
            build.Steps.Where(s => s.Ran).Select(s => s.Stage).Order(StringComparer.Ordinal));
    }

    private static Process Start(Checkout checkout, params IEnumerable<string> probes) =>
        Tool.Start(Repository.Program, "/", checkout.Arguments(["build", "--verbose", "--explain", .. probes]));
}
