using System.Diagnostics;
using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>A build that is stopped in the middle leaves no process and no half of anything behind.</summary>
public sealed class InterruptTests : IDisposable
{
    private const string Mark = "TEST_OF_INTERRUPTION";
    private static readonly string[] Probes = ["cgroup-quota", "lru-flows", "tc-mark", "tp-openat", "xdp-hash", "xdp-parse"];

    private readonly TestDirectory _directory = new();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_stopped_build_ends_with_its_children_and_the_next_one_goes_on(string signal)
    {
        var checkout = New("stopped");
        var mark = Guid.NewGuid().ToString();
        using var process = Tool.Start(
            Repository.Program, "/", checkout.Arguments(["build", "--jobs", "1"]), (Mark, mark));
        // The first finished rustc step: cargo is compiling the next probe, and workers are busy with this one.
        var first = process.StandardOutput.ReadLine();

        Tool.Do("kill", $"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture));
        var stopped = Tool.Finish(process);

        Assert.Equal(130, stopped.ExitCode);
        Assert.EndsWith("stopped; what was finished is kept\n", stopped.Output, StringComparison.Ordinal);
        Assert.Equal("", stopped.Errors);
        Assert.Empty(ProcessesWith(mark));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(checkout.Cache, "v1/blobs/tmp")));
        var next = checkout.Build().Succeeded();
        var kept = StepLine.Parse($"{first}\n").Single();
        Assert.Contains(next.Steps, s => s.Step == kept.Step && !s.Ran);
        Assert.Contains(next.Steps, s => s.Ran);
        Assert.Equal(Undisturbed(), checkout.Objects());
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

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

    // Children inherit the environment, whatever they are called and wherever they run.
    private static List<string> ProcessesWith(string mark) =>
        [.. Process.GetProcesses().Where(p => EnvironmentOf(p.Id).Contains($"{Mark}={mark}", StringComparison.Ordinal)).Select(p => p.ProcessName)];

    private static string EnvironmentOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to somebody else.
            return "";
        }
    }
}
