using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;
using static BpfIncr.EndToEnd.Tests.Support.GitCheckout;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>
/// Whatever is edited: every probe whose objects differ between a clean build of the revision and a clean build of now is
/// among the affected ones, before it is built and afterwards. What only one probe reads affects no other.
/// </summary>
public sealed class AffectedPropertyTests(GitCheckout git) : IClassFixture<GitCheckout>
{
    private const int Rounds = 5;

    private readonly Checkout _checkout = git.Restore();

    [Theory]
    [InlineData(1)]
    [FurtherData(2)]
    public void What_differs_is_affected(int seed)
    {
        var random = new Random(seed);
        Crates.WriteProbe(_checkout, "c", "x + 3");
        Crates.WriteProbe(_checkout, "d", "mid::between(x) + 4", Mid(""));
        _checkout.Build().Succeeded();
        Commit(_checkout, "four probes");
        var before = CleanObjects();
        var history = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var edits = Enumerable.Range(0, random.Next(1, 3)).Select(_ => Edit(random)).ToList();
            history.AddRange(edits.Select(e => e.What));
            var early = Affected();
            _checkout.Build().Succeeded();
            var late = Affected();
            var now = CleanObjects();

            var story = $"seed {seed}: {string.Join("; ", history)}";
            var different = now.Keys.Where(o => !before.TryGetValue(o, out var old) || !old.AsSpan().SequenceEqual(now[o]))
                .Select(o => Path.GetFileNameWithoutExtension(o)).Distinct().ToList();
            Assert.True(different.All(early.Contains), $"{story}\n{string.Join(' ', different)} differ, {string.Join(' ', early)} affected before the build");
            Assert.True(different.All(late.Contains), $"{story}\n{string.Join(' ', different)} differ, {string.Join(' ', late)} affected after the build");
            if (edits.All(e => e.Leaf is not null))
                Assert.True(edits.Select(e => e.Leaf).ToHashSet().IsSupersetOf(late), $"{story}\n{string.Join(' ', late)} affected by edits of leaves");
            Commit(_checkout, story);
            before = now;
        }
    }

    // What was edited, and the one probe that reads it.
    private (string What, string? Leaf) Edit(Random random)
    {
        string[] names = ["a", "b", "c", "d"];
        var (name, number) = (names[random.Next(names.Length)], random.Next(1, 100));
        switch (random.Next(10))
        {
            case 0:
                _checkout.Replace("kit/src/lib.rs", "+ 10", $"+ {number} + 10");
                return ($"kit adds {number}", null);
            case 1:
                _checkout.Replace("mid/src/lib.rs", "(x)", $"(x + {number})");
                return ($"mid adds {number}", null);
            case 2:
                Crates.WriteProbe(_checkout, name, $"mid::between(x) + {number}", Mid(number % 2 == 0 ? ", features = [\"more\"]" : ""));
                return ($"{name} asks for {(number % 2 == 0 ? "more of " : "")}mid", null);
            case 3:
                _checkout.Configure($"\"variants\": {{ \"one\": {{ \"cpu\": \"v{(number % 3) + 1}\" }}, \"two\": {{ \"cpu\": \"v3\", \"inline\": \"calls\" }} }}");
                return ("variant one has another cpu", null);
            case 4:
                _checkout.Configure($"\"variants\": {{ \"one\": {{ \"cpu\": \"v1\" }}, \"two\": {{ \"cpu\": \"v3\" }} }}, \"probes\": {{ \"{name}\": {{ \"optimize\": \"O{(number % 3) + 1}\" }} }}");
                return ($"{name} has a level of its own", null);
            case 5:
                _checkout.Write($"probes/{name}/src/part.rs", $"{number}");
                _checkout.Write($"probes/{name}/src/main.rs", $"{File.ReadAllText(_checkout[$"probes/{name}/src/main.rs"])}#[no_mangle]\npub static PART_{number}_{random.Next()}: u32 = include!(\"part.rs\");\n");
                return ($"{name} includes {number}", name);
            case 6:
                _checkout.Write("Cargo.toml", File.ReadAllText(_checkout["Cargo.toml"]).Split("\n[profile.release.package")[0] + $"\n[profile.release.package.kit]\nopt-level = {number % 3}\n");
                return ("the profile of kit is another", null);
            case 7:
                _checkout.Write($"notes {number}.md", $"{number}");
                return ("notes", "");
            case 8:
                _checkout.Write($"probes/{name}/src/main.rs", $"{File.ReadAllText(_checkout[$"probes/{name}/src/main.rs"])}// {number}\n");
                return ($"a comment at the end of {name}", name);
            default:
                _checkout.Write($"probes/{name}/src/main.rs", File.ReadAllText(_checkout[$"probes/{name}/src/main.rs"]).Replace("+ kit::SIZE", $"+ {number} + kit::SIZE", StringComparison.Ordinal));
                return ($"{name} adds {number}", name);
        }
    }

    private static string Mid(string more) => $"mid = {{ path = \"../../mid\"{more} }}";

    private string[] Affected()
    {
        var result = _checkout.Run("affected", "HEAD");
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private SortedDictionary<string, byte[]> CleanObjects()
    {
        var clean = new Checkout(git.Beside("clean"), git.Beside("clean-cache"));
        Directory.CreateDirectory(clean.Directory);
        foreach (var part in (string[])["Cargo.toml", "Cargo.lock", "bpfincr.json", "kit", "mid", "probes"])
            Tool.Do("cp", "-a", _checkout[part], clean.Directory);
        clean.Build().Succeeded();
        var objects = clean.Objects();
        Directory.Delete(clean.Directory, recursive: true);
        Directory.Delete(clean.Cache, recursive: true);
        return objects;
    }
}
