using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>
/// The oracle: after any sequence of edits, a build does what <c>--dry-run</c> says and leaves exactly the objects that a
/// build from nothing would, and a second build runs nothing. The edits are random; the seed is in the message of a failure, and
/// <c>BPFINCR_TEST_SEED</c> (the first one), <c>BPFINCR_TEST_SEEDS</c> (how many) and <c>BPFINCR_TEST_EDITS</c> (how many edits each) make more.
/// </summary>
public sealed class RandomEditTests
{
    public static TheoryData<int> Seeds =>
        [.. Enumerable.Range(Amounts.Seed, Amounts.Of("BPFINCR_TEST_SEEDS"))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_build_after_any_edits_gives_what_a_build_from_nothing_gives(int seed)
    {
        using var directory = new TestDirectory();
        var random = new Random(seed);
        var checkout = new Checkout(directory["checkout"], directory["cache"]);
        var edits = new RandomEdits(checkout, directory, random);
        checkout.Build().Succeeded();
        var history = new List<string>();
        for (var left = Amounts.Of("BPFINCR_TEST_EDITS"); left > 0; left--)
        {
            for (var together = random.Next(1, 3); together > 0; together--)
                history.Add(edits.Next());
            PredictedBuild.Run(checkout, Story(seed, history), Options(random));
            var build = checkout.Run("build");
            Assert.True(build.ExitCode == 0, $"{Story(seed, history)}\n{build}");
            AssertEqualsCleanBuild(checkout, directory, Story(seed, history));
            var second = checkout.Run("build").Output;
            Assert.True(second.Contains("nothing ran", StringComparison.Ordinal), $"{Story(seed, history)}\n{second}");
        }
    }

    // A build of a part first: what it leaves undone, the next one has to notice.
    private static string Options(Random random) => random.Next(4) switch
    {
        0 => "--variant=one",
        1 => "alpha",
        _ => "-j2",
    };

    private static void AssertEqualsCleanBuild(Checkout checkout, TestDirectory directory, string story)
    {
        var clean = new Checkout(directory["clean"], directory["clean-cache"]);
        Directory.CreateDirectory(clean.Directory);
        foreach (var part in RandomEdits.Sources)
            Tool.Do("cp", "-a", checkout[part], clean.Directory);
        var build = clean.Run("build");
        Assert.True(build.ExitCode == 0, $"{story}\n{build}");
        var (expected, actual) = (clean.Objects(), checkout.Objects());
        Assert.True(expected.Keys.SequenceEqual(actual.Keys), $"{story}\nexpected {string.Join(' ', expected.Keys)}\nfound {string.Join(' ', actual.Keys)}");
        foreach (var (path, content) in expected)
            Assert.True(content.AsSpan().SequenceEqual(actual[path]), $"{story}\n{path} is not what a clean build gives");
        Directory.Delete(directory["clean"], recursive: true);
        Directory.Delete(directory["clean-cache"], recursive: true);
    }

    private static string Story(int seed, List<string> history) => $"seed {seed}: {string.Join("; ", history)}";
}
