using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>
/// The oracle: after any sequence of edits, a build leaves exactly the objects that a build from nothing would, and a
/// second build runs nothing. The edits are random; the seed is in the message of a failure, and
/// <c>BPFINCR_TEST_SEEDS</c> (seeds, separated by commas) and <c>BPFINCR_TEST_EDITS</c> (how many edits each) make more.
/// </summary>
public sealed class RandomEditTests
{
    private static readonly string[] Names = ["alpha", "beta", "gamma", "delta"];

    public static TheoryData<int> Seeds =>
        [.. (Environment.GetEnvironmentVariable("BPFINCR_TEST_SEEDS") ?? "1,2").Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_build_after_any_edits_gives_what_a_build_from_nothing_gives(int seed)
    {
        using var directory = new TestDirectory();
        var random = new Random(seed);
        var checkout = new Checkout(directory["checkout"], directory["cache"]);
        Crates.WriteWorkspace(checkout);
        Crates.WriteProbe(checkout, "alpha", "x");
        Crates.WriteProbe(checkout, "beta", "mid::between(x)", Mid(""));
        checkout.Build().Succeeded();
        var history = new List<string>();
        for (var edits = int.Parse(Environment.GetEnvironmentVariable("BPFINCR_TEST_EDITS") ?? "12", CultureInfo.InvariantCulture); edits > 0; edits--)
        {
            for (var together = random.Next(1, 3); together > 0; together--)
                history.Add(Edit(checkout, random));
            var build = checkout.Run("build", Options(random));
            Assert.True(build.ExitCode == 0, $"{Story(seed, history)}\n{build}");
            build = checkout.Run("build");
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

    private static string Edit(Checkout checkout, Random random)
    {
        var name = Names[random.Next(Names.Length)];
        var number = random.Next(1, 4);
        switch (random.Next(11))
        {
            case 0:
                checkout.Write("kit/src/lib.rs", Changed(checkout, "kit/src/lib.rs", "x + ", $"{number}0"));
                return $"kit adds {number}0";
            case 1:
                checkout.Write("mid/src/lib.rs", Changed(checkout, "mid/src/lib.rs", "(x) + ", $"{number}00"));
                return $"mid adds {number}00";
            case 2:
                checkout.Write("kit/src/lib.rs", $"{File.ReadAllText(checkout["kit/src/lib.rs"])}// {number}\n");
                return "a comment at the end of kit";
            case 3:
                Crates.WriteProbe(checkout, name, "mid::between(x)", Mid(number == 1 ? ", features = [\"more\"]" : ""));
                return $"{name} uses mid{(number == 1 ? " with more" : "")}";
            case 4 when name is not ("alpha" or "beta") && Directory.Exists(checkout[$"probes/{name}"]):
                Directory.Delete(checkout[$"probes/{name}"], recursive: true);
                return $"{name} is gone";
            case 5:
                File.Delete(checkout.ObjectOf("alpha", number == 1 ? "one" : "two"));
                return "an object of alpha is deleted";
            case 6:
                checkout.Configure($"\"variants\": {{ \"one\": {{ \"cpu\": \"v{number}\" }}, \"two\": {{ \"inline\": \"calls\", \"cpu\": \"v3\" }} }}");
                return $"variant one has cpu v{number}";
            case 7:
                File.SetLastWriteTimeUtc(checkout["probes/beta/src/main.rs"], DateTime.UtcNow.AddDays(-number));
                return "beta's time is set back";
            case 8:
                var time = File.GetLastWriteTimeUtc(checkout["probes/alpha/src/main.rs"]);
                Crates.WriteProbe(checkout, "alpha", $"x + {number}000");
                File.SetLastWriteTimeUtc(checkout["probes/alpha/src/main.rs"], time);
                return $"alpha adds {number}000 under its old time";
            case 9:
                DamageABlob(checkout, random);
                return "a blob is damaged";
            default:
                Crates.WriteProbe(checkout, name, $"kit::shared(x) + {number}");
                return $"{name} adds {number}";
        }
    }

    private static string Mid(string more) => $"mid = {{ path = \"../../mid\"{more} }}";

    // The digits behind a passage become others.
    private static string Changed(Checkout checkout, string path, string before, string digits)
    {
        var text = File.ReadAllText(checkout[path]);
        var from = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        var to = from;
        while (char.IsAsciiDigit(text[to]))
            to++;
        return text[..from] + digits + text[to..];
    }

    private static void DamageABlob(Checkout checkout, Random random)
    {
        var blobs = Directory.EnumerateFiles(Path.Combine(checkout.Cache, "v1/blobs"), "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).ToList();
        var victim = blobs[random.Next(blobs.Count)];
        File.SetUnixFileMode(victim, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(victim, "damaged");
    }

    private static void AssertEqualsCleanBuild(Checkout checkout, TestDirectory directory, string story)
    {
        var clean = new Checkout(directory["clean"], directory["clean-cache"]);
        Directory.CreateDirectory(clean.Directory);
        foreach (var part in (string[])["Cargo.toml", "Cargo.lock", "bpfincr.json", "kit", "mid", "probes"])
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
