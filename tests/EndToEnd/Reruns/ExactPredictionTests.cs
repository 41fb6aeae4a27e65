using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary><c>--dry-run</c> says exactly what the build then does, whatever has happened before.</summary>
public sealed class ExactPredictionTests(PredictableCheckout built) : IClassFixture<PredictableCheckout>
{
    private static readonly Dictionary<string, Action<Checkout>> Edits = new(StringComparer.Ordinal)
    {
        ["nothing"] = _ => { },
        ["a comment"] = c => File.AppendAllText(c["probes/alpha/src/main.rs"], "// a comment\n"),
        ["another value"] = c => Crates.WriteProbe(c, "alpha", "x + 7"),
        ["a shared crate"] = c => c.Replace("kit/src/lib.rs", "x + 10", "x + 20"),
        ["a file that is touched"] = c => File.SetLastWriteTimeUtc(c["kit/src/lib.rs"], DateTime.UtcNow),
        ["an edit under the old time"] = c => UnderTheOldTime(c["probes/alpha/src/main.rs"], () => Crates.WriteProbe(c, "alpha", "x + 8")),
        ["another cpu"] = c => c.Replace("bpfincr.json", "\"v1\"", "\"v2\""),
        ["variants that become alike"] = c => c.Replace("bpfincr.json", ", \"inline\": \"calls\"", ""),
        ["an option that both variants get"] = c => c.Replace("bpfincr.json", "\"variants\"", "\"probes\": { \"alpha\": { \"panic\": \"keep\" } }, \"variants\""),
        ["another variant"] = c => c.Replace("bpfincr.json", "\"one\": {", "\"three\": { \"cpu\": \"v2\" }, \"one\": {"),
        ["a variant less"] = c => c.Configure("\"variants\": { \"two\": { \"cpu\": \"v3\", \"inline\": \"calls\" } }"),
        ["a universe"] = c => c.Replace("bpfincr.json", "\"variants\"", "\"universe\": \"other\", \"variants\""),
        ["a flag"] = c => c.Replace("bpfincr.json", "\"variants\"", "\"rustflags\": [\"--cfg=other\"], \"variants\""),
        ["a new probe"] = c => Crates.WriteProbe(c, "gamma", "kit::shared(x) + 3"),
        ["a new dependency"] = c => Crates.WriteProbe(c, "alpha", "mid::between(x)", "mid = { path = \"../../mid\" }"),
        ["another feature"] = c => Crates.WriteProbe(c, "beta", "mid::between(x)", "mid = { path = \"../../mid\", features = [\"more\"] }"),
        ["a probe less"] = c => Directory.Delete(c["probes/beta"], recursive: true),
        ["a missing lock file"] = c => File.Delete(c["Cargo.lock"]),
        ["a profile"] = c => c.Replace("Cargo.toml", "[profile.release]", "[profile.release]\noverflow-checks = true"),
        ["a deleted object"] = c => File.Delete(c.ObjectOf("alpha", "one")),
        ["a damaged object and a comment"] = c =>
        {
            File.WriteAllText(c.ObjectOf("beta", "two"), "damaged");
            File.AppendAllText(c["probes/beta/src/main.rs"], "// a comment\n");
        },
        ["no output at all"] = c => Directory.Delete(c["target"], recursive: true),
        ["no index"] = c => File.Delete(Path.Combine(c.Cache, "v1/index.db")),
        ["no results"] = c => Directory.Delete(Path.Combine(c.Cache, "v1/results"), recursive: true),
        ["no results and no objects"] = c =>
        {
            Directory.Delete(Path.Combine(c.Cache, "v1/results"), recursive: true);
            File.Delete(c.ObjectOf("alpha", "one"));
        },
        ["no blobs and another cpu"] = c =>
        {
            Directory.Delete(Path.Combine(c.Cache, "v1/blobs"), recursive: true);
            c.Replace("bpfincr.json", "\"v1\"", "\"v2\"");
        },
        ["bitcode that is damaged, and another cpu"] = c =>
        {
            foreach (var blob in Directory.EnumerateFiles(Path.Combine(c.Cache, "v1/blobs"), "*", SearchOption.AllDirectories))
                if (File.ReadAllBytes(blob).AsSpan().StartsWith("BC"u8))
                    Damage(blob);
            c.Replace("bpfincr.json", "\"v1\"", "\"v2\"");
        },
        ["an object that is gone from the cache too"] = c =>
        {
            foreach (var blob in Directory.EnumerateFiles(Path.Combine(c.Cache, "v1/blobs"), "*", SearchOption.AllDirectories))
                if (new FileInfo(blob).Length == new FileInfo(c.ObjectOf("alpha", "one")).Length)
                    File.Delete(blob);
            File.Delete(c.ObjectOf("alpha", "one"));
        },
    };

    public static TheoryData<string> Names => [.. Edits.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_build_does_what_was_foretold(string edit)
    {
        var checkout = built.Restore();
        Edits[edit](checkout);

        PredictedBuild.Run(checkout, edit);
    }

    [Theory]
    [InlineData("a shared crate", "alpha")]
    [InlineData("another cpu", "--variant=one")]
    [InlineData("a variant less", "alpha")]
    [InlineData("a deleted object", "--verbose")]
    [InlineData("no results", "--verbose")]
    public void A_part_of_the_build_does_what_was_foretold_and_so_does_the_rest_afterwards(string edit, string part)
    {
        var checkout = built.Restore();
        Edits[edit](checkout);

        PredictedBuild.Run(checkout, $"{edit}, {part}", part);
        PredictedBuild.Run(checkout, $"{edit}, the rest");
    }

    [Fact]
    public void A_way_back_is_foretold_to_be_found()
    {
        var checkout = built.Restore();
        checkout.Replace("kit/src/lib.rs", "x + 10", "x + 20");
        PredictedBuild.Run(checkout, "there");
        checkout.Replace("kit/src/lib.rs", "x + 20", "x + 10");

        Assert.All(PredictedBuild.Run(checkout, "and back").Steps, s => Assert.EndsWith("/ActionCache", s.Outcome, StringComparison.Ordinal));
    }

    private static void UnderTheOldTime(string path, Action edit)
    {
        var time = File.GetLastWriteTimeUtc(path);
        edit();
        File.SetLastWriteTimeUtc(path, time);
    }

    private static void Damage(string blob)
    {
        File.SetUnixFileMode(blob, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(blob, "damaged");
    }
}

/// <summary>A small workspace that was built once; each test gets it in that state, at the same place.</summary>
public sealed class PredictableCheckout : IDisposable
{
    private readonly TestDirectory _directory = new();

    internal Checkout Restore()
    {
        var checkout = new Checkout(_directory["live/work"], _directory["live/cache"]);
        if (Directory.Exists(_directory["saved"]))
        {
            Directory.Delete(_directory["live"], recursive: true);
            Tool.Do("cp", "-a", _directory["saved"], _directory["live"]);
            return checkout;
        }
        Crates.WriteWorkspace(checkout);
        Crates.WriteProbe(checkout, "alpha", "x");
        Crates.WriteProbe(checkout, "beta", "mid::between(x)", "mid = { path = \"../../mid\" }");
        checkout.Build().Succeeded();
        Tool.Do("cp", "-a", _directory["live"], _directory["saved"]);
        return checkout;
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
