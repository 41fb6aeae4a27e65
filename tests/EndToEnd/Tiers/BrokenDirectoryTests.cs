using System.Globalization;
using BpfIncr.EndToEnd.Tests.Reuse;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Tiers;

/// <summary>A shared directory that hangs, vanishes, is full or may not be used costs one warning, and no build.</summary>
public sealed class BrokenDirectoryTests(Runners runners) : IClassFixture<Runners>
{
    // Seconds: what a test can wait for where no answer comes, and what decides nothing where one comes.
    private const int Short = 2, Long = 60;

    private const string NoAnswer = "cannot be used: it did not answer within 2 s";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_that_hangs_is_left_alone(bool takesRequests)
    {
        using var shared = new HangingDirectory(runners.CopyOfShared(), runners.NewDirectory("mount"), takesRequests);
        var runner = New(shared.Path, Short);
        shared.Hang();

        var build = runner.Build().Succeeded();

        Assert.Equal(Runners.AllExecuted, build.Reruns);
        Assert.Equal([$"warning BPFI1090: the shared cache {shared.Path} {NoAnswer}"], Runners.Troubles(build));
        Assert.Equal(runners.First.Objects(), runner.Objects());
        shared.GoOn();
        Assert.Equal(Runners.AllFound, New(shared.Path).Build().Succeeded().Reruns);
    }

    [Fact]
    public void One_that_begins_to_hang_while_cargo_runs_is_left_alone()
    {
        using var shared = new HangingDirectory(runners.CopyOfShared(), runners.NewDirectory("mount"));
        var runner = New(shared.Path, Short);
        WriteBuildScript(runner, $"kill -STOP {shared.ProcessId}");

        var build = runner.Build().Succeeded();

        Assert.Equal([$"warning BPFI1090: the shared cache {shared.Path} {NoAnswer}"], Runners.Troubles(build));
        Assert.Contains("table (library): Executed", Library.Crates(build), StringComparison.Ordinal);
        Assert.Equal(runners.First.Objects(), runner.Objects());
    }

    [Fact]
    public void A_watching_program_uses_it_again_when_it_answers_again()
    {
        using var shared = new HangingDirectory(runners.CopyOfShared(), runners.NewDirectory("mount"));
        var (other, runner) = (New(shared.Path), New(shared.Path, Short));
        shared.Hang();

        using var watch = new Watching(runner);
        watch.Expect("2 objects up to date; ran rustc 2, link 2");
        Library.WriteProbe(runner, "one", "20");
        watch.Expect("2 objects up to date; ran rustc 1, link 1");
        Assert.Single(watch.Said.Split('\n'), l => l.Contains("BPFI109", StringComparison.Ordinal));
        shared.GoOn();
        // What still hung comes back sooner or later, and a machine that is busy may be late once more.
        var number = 20;
        watch.Until(
            () =>
            {
                Library.WriteProbe(other, "one", $"{++number}");
                other.Build().Succeeded();
                Library.WriteProbe(runner, "one", $"{number}");
                return watch.Expect("2 objects up to date").Contains("5 from lower", StringComparison.Ordinal);
            }, "it was not used again");
    }

    [Fact]
    public void One_that_is_not_there_is_not_made()
    {
        var shared = $"{runners.NewDirectory("parent")}/not mounted";
        var runner = New(shared);

        var build = runner.Build().Succeeded();

        Assert.Equal(Runners.AllExecuted, build.Reruns);
        Assert.Equal([$"warning BPFI1090: the shared cache {shared} cannot be used: there is no such directory"], Runners.Troubles(build));
        Assert.False(Directory.Exists(shared));
    }

    [Fact]
    public void One_that_vanishes_while_cargo_runs_is_not_made_again()
    {
        var shared = runners.NewDirectory("vanishing");
        var runner = New(shared);
        // At once, as a mount vanishes: what is removed file by file is made again by who writes to it.
        WriteBuildScript(runner, $"mv '{shared}' '{runners.NewDirectory("gone")}'");

        var build = runner.Build().Succeeded();

        Assert.Equal(Runners.AllExecuted, build.Reruns);
        Assert.Equal([$"warning BPFI1090: the shared cache {shared} cannot be used: there is no such directory"], Runners.Troubles(build));
        Assert.False(Directory.Exists(shared));
    }

    [Fact]
    public void One_that_is_full_is_still_read()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("NOT TESTED: a small file system needs root");
        var shared = runners.NewDirectory("small");
        Tool.Do("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", shared);
        try
        {
            var (first, second) = (New(shared), New(shared));

            var build = first.Build().Succeeded();
            var next = second.Build().Succeeded();

            Assert.Equal(Runners.AllExecuted, build.Reruns);
            Assert.Matches("^warning BPFI1091: the shared cache .* cannot be written: No space left on device", Assert.Single(Runners.Troubles(build)));
            // Whatever fitted in is whole.
            Assert.DoesNotContain(Runners.Troubles(next), t => t.Contains("BPFI1092", StringComparison.Ordinal));
            Assert.Equal(first.Objects(), second.Objects());
        }
        finally
        {
            Tool.Do("umount", shared);
        }
    }

    [Theory]
    [InlineData("700", "cannot be used: Access to the path", false)]
    [InlineData("755", "cannot be written: Access to the path", true)]
    public void One_that_belongs_to_somebody_else_is_used_as_far_as_is_allowed(string mode, string trouble, bool canBeRead)
    {
        if (Environment.UserName != "root")
            Assert.Skip("NOT TESTED: only root can become another user");
        var shared = runners.CopyOfShared();
        var runner = New(shared);
        Library.WriteProbe(runner, "two", "31");
        Tool.Do("chmod", mode, shared);

        var build = new BuildResult(runners.RunAsSomebody(runner, [], runner.Arguments(["build", "--verbose", "--explain"]))).Succeeded();

        Assert.Contains(trouble, Assert.Single(Runners.Troubles(build)), StringComparison.Ordinal);
        Assert.Equal(canBeRead ? "New/ActionCache" : "New/Executed", build.Steps.Single(s => s.Step == "rustc one").Outcome);
    }

    [Fact]
    public void The_doctor_says_which_can_be_used()
    {
        using var shared = new HangingDirectory(runners.CopyOfShared(), runners.NewDirectory("mount"));
        var (runner, impatient) = (New(shared.Path), New(shared.Path, Short));

        var before = runner.Run("doctor");
        shared.Hang();
        var after = impatient.Run("doctor");

        Assert.Contains($"ok     shared cache   {shared.Path}\n", before.Output, StringComparison.Ordinal);
        Assert.Contains($"no     shared cache   {shared.Path} cannot be used\n", after.Output, StringComparison.Ordinal);
        Assert.Contains(NoAnswer, after.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_requires_one_gets_an_error_and_the_objects()
    {
        var shared = $"{runners.NewDirectory("parent")}/not mounted";
        var runner = New(shared);

        var build = runner.Build("--shared-required");

        Assert.Equal(3, build.ExitCode);
        Assert.Equal([$"error BPFI1090: the shared cache {shared} cannot be used: there is no such directory"], Runners.Troubles(build));
        Assert.Equal(runners.First.Objects(), runner.Objects());
    }

    private Checkout New(string shared, int deadline = Long)
    {
        var runner = runners.New();
        runner.Configure($$"""
            "variants": { "modern": { "cpu": "v3" } },
            "cache": { "shared": [{ "path": "{{shared}}", "deadline": {{deadline}} }] }
            """);
        return runner;
    }

    // A script that nobody has run yet, which gives what the one of before gave, and does something else besides.
    private static void WriteBuildScript(Checkout runner, string command) => runner.Replace(
        "table/build.rs", "fn main() {", string.Create(CultureInfo.InvariantCulture, $$"""
        fn main() {
            assert!(std::process::Command::new("sh").args(["-c", "{{command}}"]).status().unwrap().success());
        """));
}
