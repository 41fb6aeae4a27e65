using BpfIncr.EndToEnd.Tests.Reuse;
using BpfIncr.EndToEnd.Tests.Tiers;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Another universe has nothing of what was made before, here or elsewhere; what was made stays where it is.</summary>
public sealed class UniverseTests(Runners runners) : IClassFixture<Runners>
{
    [Fact]
    public void Another_universe_runs_everything_and_the_old_one_finds_everything_again()
    {
        var shared = runners.CopyOfShared();
        var (runner, next) = (runners.New(), runners.New());
        Assert.Equal(Runners.AllFound, runner.Build("--shared-cache", shared).Succeeded().Reruns);

        runner.Configure(InUniverse("2"));
        var other = runner.Build("--shared-cache", shared).Succeeded();
        runner.Configure(InUniverse(""));
        var back = runner.Build("--shared-cache", shared).Succeeded();
        next.Configure(InUniverse("2"));
        var found = next.Build("--shared-cache", shared).Succeeded();

        Assert.Equal(Runners.AllFound.Replace("New/ActionCache", "Unchanged/Executed", StringComparison.Ordinal), other.Reruns);
        Assert.Equal(Library.AllCompiled, Library.Crates(other));
        Assert.All(other.Steps, s => Assert.Equal("universe: (empty) -> 2", s.Reasons[0]));
        Assert.Equal(Runners.AllFound.Replace("New/ActionCache", "Unchanged/ActionCache", StringComparison.Ordinal), back.Reruns);
        Assert.All(back.Steps, s => Assert.Equal(["universe: 2 -> (empty)"], s.Reasons));
        Assert.Equal(runners.First.Objects(), runner.Objects());
        // What was made in that universe is shared in that universe.
        Assert.Equal(Runners.AllFound, found.Reruns);
        Assert.Empty(Runners.Troubles(other).Concat(Runners.Troubles(back)).Concat(Runners.Troubles(found)));
    }

    private static string InUniverse(string name) => $"\"variants\": {{ \"modern\": {{ \"cpu\": \"v3\" }} }}, \"universe\": \"{name}\"";
}
