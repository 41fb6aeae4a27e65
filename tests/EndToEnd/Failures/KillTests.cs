using System.Diagnostics;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>
/// Four builds at once on one cache, each of them killed outright at a moment of its own, or with all that it has started, or
/// one of the programs that it has started instead of it. Whatever each was doing, the builds after that give what builds from
/// nothing give, and nothing in the cache is damaged. <c>BPFINCR_TEST_KILLS</c> says how many kills.
/// </summary>
[Collection(TinyStates.Collection)]
public sealed class KillTests(TinyStates states)
{
    private const int Builds = 4;
    private const string Mark = "TEST_OF_KILLS";

    private readonly string _mark = Guid.NewGuid().ToString();
    private readonly Random _random = new(Amounts.Seed);

    private enum Victim
    {
        Program,
        ProgramAndAllThatItStarted,
        SomethingThatItStarted,
    }

    [Fact]
    public void Builds_after_killed_ones_give_what_builds_from_nothing_give_and_the_cache_is_sound()
    {
        var wanted = Amounts.Of("BPFINCR_TEST_KILLS");
        var cache = states.NewDirectory("cache");
        var checkouts = Enumerable.Range(0, Builds).Select(_ => states.New(cache)).ToList();
        var kills = new Dictionary<Victim, int>();
        var duration = TimeSpan.FromSeconds(2);
        var (clock, rounds) = (Stopwatch.StartNew(), 0);
        for (; kills.Values.Sum() < wanted; rounds++)
        {
            if (rounds % 50 == 0)
                Scale.Report(Done());
            var story = $"seed {Amounts.Seed}, round {rounds}";
            var now = checkouts.ConvertAll(c => (Checkout: c, State: Edit(c, rounds)));
            foreach (var victim in Kill(now.Select(c => Start(c.Checkout)), duration))
                kills[victim] = kills.GetValueOrDefault(victim) + 1;

            // Those that the killed ones have started may still be at work.
            var began = clock.Elapsed;
            var next = now.ConvertAll(c => Start(c.Checkout)).ConvertAll(p => new BuildResult(Tool.Finish(p)));
            // What is left to do is less than what was to be done.
            duration = (duration + ((clock.Elapsed - began) * 1.5)) / 2;

            Assert.All(next, b => Assert.True(b.ExitCode == 0 && b.Errors.Length == 0, $"{story}\n{b}"));
            foreach (var (checkout, state) in now)
                states.AssertObjects(checkout, state, story);
            var verified = checkouts[0].Run("cache", "verify");
            Assert.True(verified.ExitCode == 0, $"{story}\n{verified}");
        }
        Processes.WaitForAll(Mark, _mark);
        Scale.Report(Done());

        string Done() => $"{string.Join(", ", kills.OrderBy(k => k.Key).Select(k => $"{k.Value} × {k.Key}"))}; {rounds} rounds in {clock.Elapsed.TotalSeconds:0} s";
    }

    // A universe of its own makes everything run again, and changes no object.
    private int Edit(Checkout checkout, int round)
    {
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"universe\": \"{(_random.Next(4) == 0 ? 0 : round)}\"");
        if (_random.Next(4) == 0 && Directory.Exists(checkout["target"]))
            Tool.Do("rm", "-rf", checkout["target"]);
        var state = _random.Next(TinyStates.Count);
        TinyStates.Set(checkout, state);
        return state;
    }

    private Process Start(Checkout checkout) =>
        Tool.Start(Repository.Program, "/", checkout.Arguments(["build", "--verbose", "--explain", "--jobs", "2"]), (Mark, _mark));

    // Gives what was killed of those that had not ended by then.
    private List<Victim> Kill(IEnumerable<Process> builds, TimeSpan duration)
    {
        var clock = Stopwatch.StartNew();
        var moments = builds.Select(b => (Build: b, Moment: duration * _random.NextDouble())).OrderBy(b => b.Moment).ToList();
        var victims = new List<Victim>();
        foreach (var (build, moment) in moments)
        {
            if (moment - clock.Elapsed is var wait && wait > TimeSpan.Zero)
                build.WaitForExit(wait);
            if (!build.HasExited && Kill(build) is { } victim)
                victims.Add(victim);
        }
        foreach (var (build, _) in moments)
            Assert.DoesNotContain("BUG", Tool.Finish(build).Errors, StringComparison.Ordinal);
        return victims;
    }

    private Victim? Kill(Process build)
    {
        var victim = (Victim)_random.Next(3);
        if (victim == Victim.SomethingThatItStarted)
        {
            var started = Processes.DescendantsOf(build.Id);
            if (started.Count == 0)
                victim = Victim.Program;
            else if (Tool.Run("kill", "/", ["-KILL", $"{started[_random.Next(started.Count)]}"]).ExitCode != 0)
                return null;
        }
        if (victim != Victim.SomethingThatItStarted)
            build.Kill(entireProcessTree: victim == Victim.ProgramAndAllThatItStarted);
        return victim;
    }
}
