using System.Diagnostics;
using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>
/// Many processes build the same probes at once, two in each checkout, all on one empty cache: none waits for ever, none fails, and
/// together they hardly run more than one alone would. <c>BPFINCR_TEST_PROCESSES</c> and <c>BPFINCR_TEST_PROBES</c> say how many.
/// </summary>
public sealed class StressTests : IDisposable
{
    private const double MostWork = 1.2;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private static readonly string[] Sources = ["Cargo.toml", "Cargo.lock", "bpfincr.json", "kit", "mid", "probes"];

    private readonly TestDirectory _directory = new();

    [Fact]
    public async Task Processes_that_build_the_same_at_once_share_the_work()
    {
        var processes = Amounts.Of("BPFINCR_TEST_PROCESSES");
        var probes = Amounts.Of("BPFINCR_TEST_PROBES");
        var alone = New(probes);
        var clock = Stopwatch.StartNew();
        var work = StepsRun(Tool.Start(Repository.Program, "/", alone.Arguments(["build", "--verbose", "--explain"])));
        var timeAlone = clock.Elapsed;
        Assert.Equal(probes * 5, work);
        var checkouts = Enumerable.Range(0, (processes + 1) / 2).Select(i => Clone(alone, i)).ToList();

        clock.Restart();
        var builds = Enumerable.Range(0, processes).Select(i => Tool.Start(
            Repository.Program, "/", checkouts[i / 2].Arguments(["build", "--verbose", "--explain"]))).ToList();
        // Each needs a reader of its own, or it waits for one.
        var together = (await Task.WhenAll(builds.Select(b => Task.Factory.StartNew(
            () => StepsRun(b), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)))).Sum();

        Scale.Report(string.Create(
            CultureInfo.InvariantCulture,
            $"{processes} processes, {probes} probes: {together} steps were run instead of {work}, {clock.Elapsed.TotalSeconds:0.0} s instead of {timeAlone.TotalSeconds:0.0} s"));
        Assert.InRange(together, work, work * MostWork);
        var expected = alone.Objects();
        Assert.All(checkouts, c => Assert.Equal(expected, c.Objects()));
        Assert.Empty(Directory.GetFiles(Path.Combine(checkouts[0].Cache, "v1/locks")));
        Assert.Equal(0, checkouts[0].Run("cache", "verify").ExitCode);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private static int StepsRun(Process process)
    {
        using (process)
        {
            var build = new BuildResult(Tool.Finish(process, Patience)).Succeeded();
            Assert.Equal("", build.Errors);
            return build.Steps.Count(s => s.Ran);
        }
    }

    private Checkout New(int probes)
    {
        var checkout = new Checkout(_directory["alone"], _directory["cache of one"]);
        Crates.WriteWorkspace(checkout);
        checkout.Configure("\"variants\": { \"modern\": { \"cpu\": \"v3\" } }");
        for (var i = 0; i < probes; i++)
            Crates.WriteProbe(checkout, $"p{i}", $"kit::shared(x) + {i + 1}");
        return checkout;
    }

    private Checkout Clone(Checkout checkout, int number)
    {
        var clone = new Checkout(_directory[$"{number}"], _directory["cache of all"]);
        Directory.CreateDirectory(clone.Directory);
        foreach (var part in Sources)
            Tool.Do("cp", "-r", checkout[part], clone.Directory);
        return clone;
    }
}
