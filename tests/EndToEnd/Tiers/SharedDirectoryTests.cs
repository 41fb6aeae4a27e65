using BpfIncr.EndToEnd.Tests.Reuse;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Tiers;

/// <summary>What runners have from a directory that they share.</summary>
public sealed class SharedDirectoryTests(Runners runners) : IClassFixture<Runners>
{
    [Fact]
    public void A_fresh_runner_runs_nothing_and_has_the_same_bytes()
    {
        var runner = runners.New();

        var build = runner.Build("--shared-cache", runners.Shared).Succeeded();

        Assert.Equal(Runners.AllFound, build.Reruns);
        Assert.Equal(10, build.Output.Split("New/ActionCache (shared)").Length - 1);
        Assert.Contains("2 objects up to date; nothing ran; 10 from shared (", build.Output, StringComparison.Ordinal);
        // Cargo was not even called.
        Assert.Equal("", Library.Crates(build));
        Assert.Equal(runners.First.Objects(), runner.Objects());
    }

    [Fact]
    public void Only_what_is_needed_is_fetched()
    {
        var runner = runners.New();

        runner.Build("--shared-cache", runners.Shared).Succeeded();

        // Objects and what rustc reads, but neither core nor what is between.
        var blobs = Directory.GetFiles(Path.Combine(runner.Cache, "v1/blobs"), "*", SearchOption.AllDirectories);
        Assert.Equal(4, blobs.Length);
        Assert.Contains(Directory.GetFiles(runners.Shared, "*", SearchOption.AllDirectories), f => new FileInfo(f).Length > 1_000_000);
    }

    [Fact]
    public void A_fresh_runner_with_an_edited_probe_compiles_that_probe_and_no_crate()
    {
        var runner = runners.New();
        Library.WriteProbe(runner, "one", "macros::number!() + table::TABLE + 77");

        var build = runner.Build("--shared-cache", runners.Shared + ":ro").Succeeded();

        Assert.Equal(
            """
            one: rustc New/Executed, link New/Executed
            one/modern: patch New/Executed, optimize New/Executed, codegen New/Executed
            two: rustc New/ActionCache, link New/ActionCache
            two/modern: patch New/ActionCache, optimize New/ActionCache, codegen New/ActionCache
            """, build.Reruns);
        Assert.Equal(Library.AllFound, Library.Crates(build));
        Assert.Contains("kit (library)                ActionCache (shared)", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_pull_request_builds_is_not_written()
    {
        var before = Runners.StateOf(runners.Shared);
        var runner = runners.New();
        runner.Replace("kit/src/lib.rs", "{ 2 } else { 1 }", "{ 2 } else { 9 }");

        var build = runner.Build("--shared-cache", $"{runners.Shared}:ro").Succeeded();

        Assert.Equal(Runners.AllExecuted, build.Reruns);
        Assert.Equal(before, Runners.StateOf(runners.Shared));
    }

    [Fact]
    public void What_one_runner_adds_the_next_one_finds()
    {
        var shared = runners.CopyOfShared();
        var (second, third) = (runners.New(), runners.New());
        foreach (var runner in (Checkout[])[second, third])
            runner.Replace("kit/src/lib.rs", "{ 2 } else { 1 }", "{ 2 } else { 9 }");

        var built = second.Build("--shared-cache", shared).Succeeded();
        var found = third.Build("--shared-cache", shared).Succeeded();

        Assert.Equal(Runners.AllExecuted, built.Reruns);
        Assert.Equal(Library.AllFound.Replace("kit (library): ActionCache", "kit (library): Executed", StringComparison.Ordinal), Library.Crates(built));
        Assert.Equal(Runners.AllFound, found.Reruns);
        Assert.Equal(second.Objects(), third.Objects());
    }

    [Fact]
    public void What_was_found_once_needs_no_directory_any_more()
    {
        var shared = runners.CopyOfShared();
        var runner = runners.New();
        runner.Build("--shared-cache", shared).Succeeded();
        Directory.Delete(shared, recursive: true);
        Directory.Delete(runner["target"], recursive: true);

        var build = runner.Build("--shared-cache", "none").Succeeded();

        Assert.Equal("", build.Reruns);
        Assert.Equal(runners.First.Objects(), runner.Objects());
    }

    [Fact]
    public void A_build_with_nothing_to_do_does_not_look_at_the_directory()
    {
        var runner = runners.New();
        runner.Build("--shared-cache", runners.Shared).Succeeded();

        // Whoever looked at this one would complain.
        var build = runner.Run("build", "--shared-cache", "/no/such/directory");

        Assert.True(build is { ExitCode: 0, Errors: "" }, build.ToString());
        Assert.StartsWith("2 objects up to date, nothing ran", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runners_at_once_leave_one_copy_and_have_the_same_objects()
    {
        var shared = runners.NewDirectory("at once");
        var (one, other) = (runners.New(), runners.New());
        using var first = Tool.Start(Repository.Program, "/", one.Arguments(["build", "--verbose", "--explain", "--shared-cache", shared]));
        using var second = Tool.Start(Repository.Program, "/", other.Arguments(["build", "--verbose", "--explain", "--shared-cache", shared]));

        BuildResult[] results = [new BuildResult(Tool.Finish(first)).Succeeded(), new BuildResult(Tool.Finish(second)).Succeeded()];

        Assert.All(results, r => Assert.DoesNotContain("BPFI10", r.Errors, StringComparison.Ordinal));
        Assert.Equal(runners.First.Objects(), one.Objects());
        Assert.Equal(runners.First.Objects(), other.Objects());
        Assert.Equal(Names(runners.Shared), Names(shared));
    }

    [Fact]
    public void The_configuration_names_directories_the_environment_overrides_it_and_the_command_line_both()
    {
        var (configured, named, chosen) = (runners.NewDirectory("configured"), runners.NewDirectory("named"), runners.NewDirectory("chosen"));
        var runner = runners.New();
        runner.Configure($$"""
            "variants": { "modern": { "cpu": "v3" } },
            "cache": {
              "shared": [
                { "path": "{{Path.GetRelativePath(runner.Directory, configured)}}" },
                { "path": "{{runners.Shared}}", "mode": "read-only", "name": "nightly" }
              ]
            }
            """);
        (string, string)[] environment = [("BPFINCR_SHARED_CACHE", named)];

        var build = runner.Build().Succeeded();
        Assert.Equal(Runners.AllFound, build.Reruns);
        Assert.Contains("New/ActionCache (nightly)", build.Output, StringComparison.Ordinal);
        // What was found is passed on to the directory that did not have it.
        Assert.Equal(10, Directory.GetFiles(Path.Combine(configured, "v1/results"), "*", SearchOption.AllDirectories).Length);

        Library.WriteProbe(runner, "two", "8");
        runner.BuildWith(environment).Succeeded();
        Library.WriteProbe(runner, "two", "9");
        runner.BuildWith(environment, "--shared-cache", chosen).Succeeded();

        Assert.Equal(10, Directory.GetFiles(Path.Combine(configured, "v1/results"), "*", SearchOption.AllDirectories).Length);
        Assert.NotEqual(Names(named), Names(chosen));
        Assert.All((string[])[named, chosen], d => Assert.NotEmpty(Names(d)));
    }

    [Fact]
    public void A_prediction_says_what_will_be_found_and_fetches_nothing()
    {
        var runner = runners.New();

        var prediction = runner.Run("build", "--dry-run", "--json", "--shared-cache", runners.Shared);

        Assert.True(prediction.ExitCode == 0, prediction.ToString());
        Assert.Equal(10, prediction.Output.Split("\"forecast\": \"Found\"").Length - 1);
        Assert.False(Directory.Exists(Path.Combine(runner.Cache, "v1/blobs")) || Directory.Exists(Path.Combine(runner.Cache, "v1/results")));
        Assert.Equal(Runners.AllFound, runner.Build("--shared-cache", runners.Shared).Succeeded().Reruns);
    }

    [Fact]
    public void An_explanation_names_the_directory_that_a_step_came_from()
    {
        var runner = runners.New();
        runner.Build("--shared-cache", runners.Shared).Succeeded();

        var explanation = runner.Run("explain", "one");

        Assert.Contains("New/ActionCache (shared)", explanation.Output, StringComparison.Ordinal);
        Assert.Contains("\"tier\": \"shared\"", runner.Run("explain", "one", "--json").Output, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Names(string directory) =>
        [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(directory, f)).Order(StringComparer.Ordinal)];
}
