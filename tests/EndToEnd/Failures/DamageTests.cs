using System.Diagnostics;
using System.Security.Cryptography;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>
/// Whatever is done to files of a cache between two builds: the second one is right, and each damaged blob and result ends up in
/// quarantine. <c>BPFINCR_TEST_DAMAGES</c> says how many damages.
/// </summary>
public sealed class DamageTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const int MostAtOnce = 30;

    private static readonly string[] Ways = ["flipped", "cut", "emptied", "longer", "zeroed", "another's", "a directory", "gone"];

    private readonly Random _random = new(Amounts.Seed);
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);

    [Fact]
    public void Every_damage_is_found_taken_away_and_made_again()
    {
        var checkout = checkouts.NewWithOwnCache();
        var cache = Path.Combine(checkout.Cache, "v1");
        var expected = checkout.Objects();
        var clock = Stopwatch.StartNew();
        for (var left = Amounts.Of("BPFINCR_TEST_DAMAGES"); left > 0;)
        {
            var damages = Damage(cache, _random.Next(1, Math.Min(left, MostAtOnce) + 1));
            left -= damages.Count;
            var story = $"seed {Amounts.Seed}\n{string.Join('\n', damages.Select(d => $"{d.Way} {Path.GetRelativePath(cache, d.Path)}"))}";
            Tool.Do("rm", "-rf", checkout["target/bpf/modern"]);

            var build = checkout.Build();
            var verification = checkout.Run("cache", "verify");

            Assert.True(build.ExitCode == 0, $"{story}\n{build}");
            AssertSame(expected, checkout.Objects(), story);
            Assert.True(verification.ExitCode is 0 or 1, $"{story}\n{verification}");
            foreach (var damage in damages)
                AssertTakenAway(damage, cache, story);
            Tool.Do("rm", "-rf", Path.Combine(cache, "quarantine"));
            Assert.True(checkout.Run("cache", "verify").ExitCode == 0, story);
        }
        Scale.Report($"{_done.Values.Sum()} damages in {clock.Elapsed.TotalSeconds:0} s: {string.Join(", ", _done.Select(d => $"{d.Value} × {d.Key}"))}");
    }

    private List<Damaged> Damage(string cache, int count)
    {
        var files = Directory.GetFiles(cache, "*", SearchOption.AllDirectories)
            .Select(f => (Path: f, Kind: Path.GetRelativePath(cache, f).Split('/')[0]))
            .Where(f => f.Kind is "blobs" or "results" or "passes" or "index.db" or "index.db-wal")
            .OrderBy(f => f.Path, StringComparer.Ordinal).ToArray();
        _random.Shuffle(files);
        var originals = files.ToDictionary(f => f.Path, f => File.ReadAllBytes(f.Path));
        return [.. files.Take(count).Select(f => Damage(f.Path, f.Kind, originals, [.. files.Where(o => o.Kind == f.Kind && o != f).Select(o => o.Path)]))];
    }

    private Damaged Damage(string path, string kind, Dictionary<string, byte[]> originals, string[] others)
    {
        var content = originals[path];
        var way = Ways[_random.Next(Ways.Length)];
        // What has nothing in it can only become more.
        if (content.Length == 0 && way is "flipped" or "cut" or "emptied" or "zeroed" || (way == "another's" && others.Length == 0))
            way = "longer";
        if (way == "a directory" && kind is not ("blobs" or "results"))
            way = "gone";
        byte[]? damaged = way switch
        {
            "flipped" => Flipped(content),
            "cut" => content[..PlaceIn(content)],
            "emptied" => [],
            "longer" => [.. content, (byte)_random.Next(256)],
            "zeroed" => new byte[content.Length],
            "another's" => originals[others[_random.Next(others.Length)]],
            _ => null,
        };
        if (damaged is not null && damaged.AsSpan().SequenceEqual(content))
            damaged = [.. content, 0];
        // Blobs are read-only files.
        File.Delete(path);
        if (damaged is not null)
            File.WriteAllBytes(path, damaged);
        else if (way == "a directory")
            Directory.CreateDirectory(path);
        _done[$"{kind} {way}"] = _done.GetValueOrDefault($"{kind} {way}") + 1;
        return new Damaged(path, kind, way, damaged);
    }

    private byte[] Flipped(byte[] content)
    {
        byte[] flipped = [.. content];
        flipped[PlaceIn(content)] ^= (byte)(1 << _random.Next(8));
        return flipped;
    }

    // The ends, both sides of where the checksum of a result ends, and anywhere.
    private int PlaceIn(byte[] content) => Math.Min(content.Length - 1, _random.Next(6) switch
    {
        0 => 0,
        1 => 31,
        2 => 32,
        3 => content.Length - 1,
        _ => _random.Next(content.Length),
    });

    // What is there now is sound; and what was damaged is where somebody can look at it. Index and passes are no content.
    private static void AssertTakenAway(Damaged damage, string cache, string story)
    {
        if (damage.Kind is not ("blobs" or "results"))
            return;
        // Nobody has needed it.
        if (Directory.Exists(damage.Path))
            Directory.Delete(damage.Path);
        var name = Path.GetFileName(damage.Path);
        if (File.Exists(damage.Path))
            Assert.True(IsSound(damage.Path, damage.Kind), $"{story}\n{damage.Path} is not sound");
        if (damage.Content is { } content)
            Assert.True(
                File.Exists(Path.Combine(cache, "quarantine", name)) && File.ReadAllBytes(Path.Combine(cache, "quarantine", name)).AsSpan().SequenceEqual(content),
                $"{story}\n{damage.Way} {damage.Path} is not in quarantine");
    }

    private static bool IsSound(string path, string kind)
    {
        var content = File.ReadAllBytes(path);
        return kind == "blobs"
            ? Convert.ToHexStringLower(SHA256.HashData(content)) == Path.GetFileName(path)
            : SHA256.HashData(content.AsSpan(32)).AsSpan().SequenceEqual(content.AsSpan(0, 32));
    }

    private static void AssertSame(SortedDictionary<string, byte[]> expected, SortedDictionary<string, byte[]> actual, string story)
    {
        Assert.True(expected.Keys.SequenceEqual(actual.Keys), $"{story}\nthere are {string.Join(' ', actual.Keys)}");
        foreach (var (path, content) in expected)
            Assert.True(content.AsSpan().SequenceEqual(actual[path]), $"{story}\n{path} is another object");
    }

    private sealed record Damaged(string Path, string Kind, string Way, byte[]? Content);
}
