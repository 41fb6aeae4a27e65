using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>The watching program while much changes, or while it is at work.</summary>
public sealed class WatchRaceTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    [Fact]
    public void An_edit_during_a_pass_stops_it_and_the_object_is_that_of_the_last_edit()
    {
        var checkout = New("watched", probes: 2);
        // A pass that does not end before the second edit.
        checkout.Write("kit/build.rs", $$"""
            fn main() {
                println!("cargo:rerun-if-changed=src/lib.rs");
                while std::path::Path::new("{{_directory["held"]}}").exists() {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }
            """);
        checkout.Build().Succeeded();
        File.WriteAllText(_directory["held"], "");
        using var watch = new Watching(checkout);
        watch.Expect("nothing ran");
        checkout.Replace("kit/src/lib.rs", "x + 10", "x + 11");
        watch.Until(() => Processes("build-script-build").Count > 0, "no pass began");
        checkout.Replace("kit/src/lib.rs", "x + 11", "x + 12");

        watch.Expect("something changed meanwhile: starting over");
        File.Delete(_directory["held"]);
        watch.Expect("4 objects up to date");

        Assert.Equal(CleanBuildOf(checkout), checkout.Objects());
        Assert.Empty(Processes("build-script-build"));
    }

    [Fact]
    public void A_checkout_of_a_large_change_and_back_gives_what_clean_builds_give()
    {
        var checkout = New("watched", probes: 6);
        for (var i = 0; i < 3000; i++)
            checkout.Write($"data/{i}.txt", $"{i}");
        checkout.Write(".gitignore", "target/\n");
        Git(checkout, "init", "-q", "-b", "before");
        Commit(checkout);
        Git(checkout, "checkout", "-q", "-b", "after");
        checkout.Replace("kit/src/lib.rs", "x + 10", "x + 11");
        Directory.Delete(checkout["probes/p0"], recursive: true);
        Crates.WriteProbe(checkout, "q", "kit::shared(x) + 7");
        for (var i = 0; i < 3000; i++)
            checkout.Write($"data/{i}.txt", $"{i} again");
        Commit(checkout);
        var after = CleanBuildOf(checkout);
        Git(checkout, "checkout", "-q", "before");
        checkout.Build().Succeeded();
        var before = checkout.Objects();

        using var watch = new Watching(checkout);
        watch.Expect("nothing ran");
        Git(checkout, "checkout", "-q", "after");
        watch.Until(() => AreObjects(checkout, after), "the objects are not those of the commit");
        Git(checkout, "checkout", "-q", "before");

        watch.Until(() => AreObjects(checkout, before), "the objects are not those of the first commit");
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private Checkout New(string name, int probes)
    {
        var checkout = new Checkout(_directory[name], _directory[$"{name}-cache"]);
        Crates.WriteWorkspace(checkout);
        for (var i = 0; i < probes; i++)
            Crates.WriteProbe(checkout, $"p{i}", $"kit::shared(x) + {i}");
        return checkout;
    }

    private SortedDictionary<string, byte[]> CleanBuildOf(Checkout checkout)
    {
        var clean = new Checkout(_directory["clean"], _directory["clean-cache"]);
        Directory.CreateDirectory(clean.Directory);
        Tool.Do("cp", "-r", checkout["kit"], checkout["mid"], checkout["probes"], checkout["Cargo.toml"], checkout["bpfincr.json"], clean.Directory);
        clean.Build().Succeeded();
        return clean.Objects();
    }

    // While they are being replaced, a file may be missing.
    private static bool AreObjects(Checkout checkout, SortedDictionary<string, byte[]> expected)
    {
        try
        {
            var now = checkout.Objects();
            return now.Keys.SequenceEqual(expected.Keys) && now.All(o => o.Value.AsSpan().SequenceEqual(expected[o.Key]));
        }
        catch (IOException)
        {
            return false;
        }
    }

    private List<string> Processes(string name) =>
        [.. System.Diagnostics.Process.GetProcessesByName(name).Select(p => CommandLine(p.Id)).Where(c => c.Contains(_directory.Path, StringComparison.Ordinal))];

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            // It has ended.
            return "";
        }
    }

    private static void Commit(Checkout checkout)
    {
        Git(checkout, "add", "-A");
        Git(checkout, "-c", "user.name=Tester", "-c", "user.email=tester@localhost", "commit", "-q", "-m", "state");
    }

    private static void Git(Checkout checkout, params string[] arguments) => Tool.Do("git", ["-C", checkout.Directory, .. arguments]);
}
