using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>A build that is stopped in the middle leaves no process and no half of anything behind.</summary>
public sealed class InterruptTests : IDisposable
{
    private const string Mark = "TEST_OF_INTERRUPTION";
    private static readonly string[] Probes = ["cgroup-quota", "lru-flows", "tc-mark", "tp-openat", "xdp-hash", "xdp-parse"];

    private const string Source = "tiny/src/bin/pass.rs";

    // As many moments for each signal, spread over the duration of a build, the same ones each time.
    private static readonly int Points = Amounts.Of("BPFINCR_TEST_MOMENTS");

    private readonly TestDirectory _directory = new();
    private readonly string _source = File.ReadAllText(Path.Combine(Repository.Fixtures, Source));

    [Theory]
    [InlineData("TERM")]
    [FurtherData("INT")]
    public void A_stopped_build_ends_with_its_children_and_the_next_one_goes_on(string signal)
    {
        var checkout = New("stopped");
        WriteRustcThatWaits(checkout);
        var mark = Guid.NewGuid().ToString();
        using var process = Start(checkout, jobs: 1, mark);
        // The first finished rustc step: cargo is compiling the next probe, and workers are busy with this one.
        var first = process.StandardOutput.ReadLine();

        Tool.Do("kill", $"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture));
        var stopped = Tool.Finish(process);

        Assert.Equal(130, stopped.ExitCode);
        Assert.EndsWith("stopped; what was finished is kept\n", stopped.Output, StringComparison.Ordinal);
        Assert.Equal("", stopped.Errors);
        Assert.Empty(Processes.With(Mark, mark));
        File.Delete(checkout["held"]);
        // The first step may have been stored by a crate's process, and nothing else yet.
        var temporary = Path.Combine(checkout.Cache, "v1/blobs/tmp");
        Assert.Empty(Directory.Exists(temporary) ? Directory.EnumerateFileSystemEntries(temporary) : []);
        var next = checkout.Build().Succeeded();
        var kept = StepLine.Parse($"{first}\n").Single();
        Assert.Contains(next.Steps, s => s.Step == kept.Step && !s.Ran);
        Assert.Contains(next.Steps, s => s.Ran);
        Assert.Equal(Undisturbed(), checkout.Objects());
    }

    [Theory]
    [InlineData("KILL", 3)]
    [FurtherData("INT", 1)]
    [FurtherData("TERM", 2)]
    public void A_build_that_is_stopped_at_any_moment_loses_nothing_that_it_had_finished(string signal, int seed)
    {
        var checkout = NewTiny();
        var clock = Stopwatch.StartNew();
        checkout.Build().Succeeded();
        var duration = clock.Elapsed;
        var objects = checkout.Objects();
        var random = new Random(seed);
        for (var point = 0; point < Points; point++)
        {
            // The first half of the points is in a build of everything, the second in one of an edit.
            if (point < Points / 2)
                Forget(checkout);
            else
                checkout.Write(Source, $"{_source}// {seed} {point}\nstatic _EDITED: u32 = {point};\n");
            var share = (point % (Points / 2) + random.NextDouble()) / (Points / 2);
            var finished = StopAfter(duration * share * (point < Points / 2 ? 1 : 0.5), signal, checkout);

            var next = checkout.Build().Succeeded();

            Assert.DoesNotContain(next.Steps, s => s.Ran && finished.Contains(s.Step));
            if (point < Points / 2)
                Assert.Equal(objects, checkout.Objects());
        }
        checkout.Write(Source, _source);
        Assert.DoesNotContain(checkout.Build().Succeeded().Steps, s => s.Ran);
        Assert.Equal(objects, checkout.Objects());
    }

    [Fact]
    public void What_a_stopped_tool_did_not_answer_is_asked_again_by_the_next_build()
    {
        var checkout = NewTiny();
        // Ctrl-C on a terminal reaches all that runs there.
        checkout.Write("rustc", $"""
            #!/bin/sh
            ! mkdir '{checkout["stopped"]}' 2>/dev/null || kill -TERM $$
            exec /usr/bin/rustc "$@"
            """);
        Tool.Do("chmod", "+x", checkout["rustc"]);
        checkout.Configure("\"workspaces\": [\"tiny\"], \"toolchain\": { \"rustc\": \"rustc\" }");

        var stopped = checkout.Build();

        Assert.Equal(130, stopped.ExitCode);
        Assert.Equal("", stopped.Errors);
        checkout.Build().Succeeded();
    }

    [Fact]
    public void What_a_killed_tool_did_not_answer_is_asked_again_by_the_next_build()
    {
        var checkout = NewTiny();
        // As the system does when memory is short.
        checkout.Write("rustc", $"""
            #!/bin/sh
            ! mkdir '{checkout["killed"]}' 2>/dev/null || kill -KILL $$
            exec /usr/bin/rustc "$@"
            """);
        Tool.Do("chmod", "+x", checkout["rustc"]);
        checkout.Configure("\"workspaces\": [\"tiny\"], \"toolchain\": { \"rustc\": \"rustc\" }");

        var killed = checkout.Build();

        Assert.Equal(3, killed.ExitCode);
        Assert.Contains("it was killed, or took too long to answer", killed.Errors, StringComparison.Ordinal);
        checkout.Build().Succeeded();
    }

    // What cargo writes when rustc is killed while it is asked for its version, and when what stands for it cannot be read.
    [Theory]
    [InlineData("\"success\":true,\"status\":\"\",\"code\":0", "\"success\":false,\"status\":\"signal: 9, SIGKILL: kill\",\"code\":null")]
    [InlineData("\"stdout\":\"rustc [^\"]*\"", "\"stdout\":\"\"")]
    public void What_cargo_remembers_of_a_rustc_that_did_not_answer_is_forgotten(string answered, string remembered)
    {
        var checkout = NewTiny();
        checkout.Build().Succeeded();
        var path = checkout["target/bpf/cargo/tiny/.rustc_info.json"];
        var before = File.ReadAllText(path);
        File.WriteAllText(path, Regex.Replace(before, answered, remembered));
        Assert.NotEqual(before, File.ReadAllText(path));
        checkout.Replace("tiny/Cargo.toml", "edition", "description = \"edited\"\nedition");

        checkout.Build().Succeeded();
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    // Who begins with a signal ignored, as in the background of a script, goes on ignoring it; these tests may run there too.
    private static Process Start(Checkout checkout, int jobs, string mark) => Tool.Start(
        "env", "/", ["--default-signal=INT,TERM", Repository.Program, .. checkout.Arguments(["build", "--jobs", $"{jobs}"])], (Mark, mark));

    // It compiles one probe; for the others it waits as long as there is the file held, so that no build ends before it is stopped.
    private static void WriteRustcThatWaits(Checkout checkout)
    {
        checkout.Touch("held");
        checkout.Write("rustc", $"""
            #!/bin/sh
            case "$*" in *"--crate-type bin "*) mkdir '{checkout["first"]}' 2>/dev/null || while [ -e '{checkout["held"]}' ]; do sleep 0.05; done ;; esac
            exec /usr/bin/rustc "$@"
            """);
        Tool.Do("chmod", "+x", checkout["rustc"]);
        checkout.Configure("\"workspaces\": [\"monorepo\"], \"toolchain\": { \"rustc\": \"rustc\" }");
    }

    // Gives the steps that the build said it had run.
    private static HashSet<string> StopAfter(TimeSpan delay, string signal, Checkout checkout)
    {
        var mark = Guid.NewGuid().ToString();
        using var process = Start(checkout, jobs: 2, mark);
        Thread.Sleep(delay);
        if (!process.HasExited)
            Tool.Run("kill", "/", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        var stopped = Tool.Finish(process);
        // Who is killed cannot end what it started, but everything of it ends by itself.
        if (signal == "KILL")
            Processes.WaitForAll(Mark, mark);
        Assert.Empty(Processes.With(Mark, mark));
        // A build may have been stopped before it made anything.
        if (signal != "KILL" && Directory.Exists(checkout["target"]))
            Assert.Empty(Directory.EnumerateFileSystemEntries(checkout["target"], "started-*", SearchOption.AllDirectories));
        return [.. StepLine.Parse(stopped.Output).Where(s => s.Ran).Select(s => s.Step)];
    }

    private static void Forget(Checkout checkout)
    {
        foreach (var directory in ((string[])[checkout["target"], checkout.Cache]).Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
    }

    private Checkout NewTiny()
    {
        var checkout = new Checkout(_directory["tiny"], _directory["tiny-cache"]);
        checkout.AddFixture("tiny");
        checkout.Configure("\"workspaces\": [\"tiny\"]");
        return checkout;
    }

    private SortedDictionary<string, byte[]> Undisturbed()
    {
        var checkout = New("undisturbed");
        checkout.Build().Succeeded();
        return checkout.Objects();
    }

    private Checkout New(string name)
    {
        var checkout = new Checkout(_directory[name], _directory[$"{name}-cache"]);
        checkout.AddMonorepo(Probes);
        checkout.Configure("\"workspaces\": [\"monorepo\"]");
        return checkout;
    }
}
