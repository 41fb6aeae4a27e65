using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Audit;

/// <summary>Probes are built again from nothing, and those that give something else are found out.</summary>
public sealed class AuditTests(UnsteadyWorkspace unsteady) : IClassFixture<UnsteadyWorkspace>
{
    [Fact]
    public void A_steady_probe_is_the_same_in_another_directory_and_nothing_is_left_behind()
    {
        var (before, cache) = (unsteady.State(), unsteady.CacheState());

        var audit = unsteady.Audit("steady");

        Assert.True(audit.ExitCode == 0, audit.ToString());
        Assert.Matches(@"^1 of 1 probe the same when built again, 2 of 2 objects \(", audit.Output);
        Assert.Equal("", audit.Errors);
        Assert.Equal((before, cache), (unsteady.State(), unsteady.CacheState()));
        Assert.Empty(Directory.GetFileSystemEntries(unsteady.Temporary, "bpfincr-*"));
    }

    [Fact]
    public void Of_each_probe_the_first_step_that_differs_is_named()
    {
        var probes = unsteady.Report.GetProperty("probes").EnumerateArray().ToDictionary(p => p.GetProperty("probe").GetString()!, Differences);

        Assert.Equal(
            """
            clock: rustc of the same key
            place: rustc of another key
            script: rustc of the same key
            steady: 
            """, string.Join('\n', probes.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}: {p.Value}")));
    }

    [Fact]
    public void The_difference_has_the_constant_that_a_proc_macro_took_from_the_clock()
    {
        var difference = Difference("clock");

        Assert.Equal("objects/0.bc", difference.GetProperty("outputs")[0].GetProperty("name").GetString());
        Assert.Matches(@"(?m)^-.* i32 .*\b\d+\b", Diff(difference));
        Assert.Matches(@"(?m)^\+.* i32 .*\b\d+\b", Diff(difference));
        Assert.Equal([("legacy", false), ("modern", false)], Objects("clock"));
    }

    [Fact]
    public void A_place_that_is_compiled_in_is_an_ingredient_of_the_key_and_shows_in_the_code()
    {
        var difference = Difference("place");

        var reason = Assert.Single(difference.GetProperty("reasons").EnumerateArray());
        Assert.Equal("$CARGO_MANIFEST_DIR", reason.GetProperty("name").GetString());
        Assert.Equal(unsteady.Checkout.Directory, reason.GetProperty("before").GetString());
        Assert.Matches(@"(?m)^-.*/checkout/probes/place", Diff(difference));
        Assert.Matches(@"(?m)^\+.*/bpfincr-audit-.*/checkout/probes/place", Diff(difference));
    }

    [Fact]
    public void A_build_script_that_writes_something_else_each_time_is_found_by_the_crate_that_it_writes_for()
    {
        var crate = Assert.Single(unsteady.Report.GetProperty("crates").EnumerateArray());

        Assert.Equal("crate stamp (library)", crate.GetProperty("subject").GetString());
        Assert.Matches(@"^\(target\)/.*/out/stamp\.rs$", Assert.Single(crate.GetProperty("reasons").EnumerateArray()).GetProperty("name").GetString());
        Assert.Matches(@"(?m)^\+.*\b\d+\b", Diff(Difference("script")));
    }

    [Fact]
    public void In_words_each_difference_is_an_error_and_the_exit_code_is_1()
    {
        var audit = unsteady.Audit("clock", "place", "--variant", "modern", "--lines", "6");

        Assert.Equal(1, audit.ExitCode);
        Assert.Contains("error BPFI1100: rustc clock gave something else when it ran again, and its key is the same\n", audit.Errors, StringComparison.Ordinal);
        Assert.Contains("error BPFI1101: rustc place has another key when it is built from nothing in another directory\n", audit.Errors, StringComparison.Ordinal);
        Assert.Matches(@"  \| \$CARGO_MANIFEST_DIR: \S*/checkout\S* -> \S*/bpfincr-audit-", audit.Errors);
        Assert.Contains("  | --- rustc clock: objects/0.bc, in the cache\n  | +++ rustc clock: objects/0.bc, built again\n", audit.Errors, StringComparison.Ordinal);
        Assert.Matches(@"  \| … \d+ more lines\n", audit.Errors);
        Assert.Matches(@"^0 of 2 probes the same when built again, 0 of 2 objects \(", audit.Output);
    }

    [Fact]
    public void A_probe_that_was_never_built_cannot_be_compared()
    {
        var audit = Tool.Run(Repository.Program, "/", ["audit", "steady", "--config", unsteady.Checkout["bpfincr.json"], "--cache-dir", unsteady.Beside("another cache")]);

        Assert.Equal(1, audit.ExitCode);
        Assert.Contains("error BPFI1056: the cache has no result of rustc steady as it is now", audit.Errors, StringComparison.Ordinal);
    }

    private static string Differences(JsonElement probe) => string.Join(", ", probe.GetProperty("differences").EnumerateArray()
        .Select(d => $"{d.GetProperty("stage").GetString()} of {(d.GetProperty("reasons").GetArrayLength() == 0 ? "the same" : "another")} key"));

    private JsonElement Probe(string name) => unsteady.Report.GetProperty("probes").EnumerateArray().Single(p => p.GetProperty("probe").GetString() == name);

    private JsonElement Difference(string probe) => Assert.Single(Probe(probe).GetProperty("differences").EnumerateArray());

    private IEnumerable<(string, bool)> Objects(string probe) => Probe(probe).GetProperty("objects").EnumerateObject().Select(o => (o.Name, o.Value.GetBoolean()));

    private static string Diff(JsonElement difference) =>
        string.Join('\n', difference.GetProperty("outputs").EnumerateArray().Select(o => o.GetProperty("diff").GetString()));
}
