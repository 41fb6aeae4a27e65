using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Tiers;

/// <summary>What is damaged in a shared directory is missing, and never ends up in an object.</summary>
public sealed class DamagedDirectoryTests(Runners runners) : IClassFixture<Runners>
{
    private static readonly string[] AllSteps =
    [
        "codegen one/modern", "codegen two/modern", "link one", "link two", "optimize one/modern", "optimize two/modern",
        "patch one/modern", "patch two/modern", "rustc one", "rustc two",
    ];

    [Theory]
    [InlineData("blobs", "flipped")]
    [InlineData("results", "foreign")]
    [InlineData("results", "pipe")]
    [FurtherData("blobs", "short")]
    [FurtherData("results", "short")]
    [FurtherData("blobs", "pipe")]
    [FurtherData("results", "endless")]
    public void Everything_damaged_is_made_again_and_mended(string directory, string damage)
    {
        var shared = runners.CopyOfShared();
        Damage(Path.Combine(shared, "v1", directory), damage);
        var (runner, next) = (runners.New(), runners.New());

        var build = runner.Build("--shared-cache", shared).Succeeded();
        var found = next.Build("--shared-cache", shared).Succeeded();

        Assert.Equal(AllSteps, Runners.Ran(build));
        Assert.NotEmpty(Runners.Troubles(build));
        Assert.All(Runners.Troubles(build), t => Assert.Matches(
            "^warning BPFI1092: in the shared cache .*, (blob|result) [0-9a-f]{12} is damaged; it counts as missing and is in quarantine there$", t));
        Assert.Equal(runners.First.Objects(), runner.Objects());
        Assert.Equal((Runners.AllFound, 0), (found.Reruns, Runners.Troubles(found).Count));
        Assert.Equal(runners.First.Objects(), next.Objects());
    }

    [Theory]
    [InlineData("blobs")]
    [InlineData("results")]
    public void Whoever_only_reads_leaves_it_as_it_is(string directory)
    {
        var shared = runners.CopyOfShared();
        Damage(Path.Combine(shared, "v1", directory), "flipped");
        var before = Runners.StateOf(shared);
        var runner = runners.New();

        var build = runner.Build("--shared-cache", $"{shared}:ro").Succeeded();

        Assert.Equal(AllSteps, Runners.Ran(build));
        Assert.All(Runners.Troubles(build), t => Assert.EndsWith(" is damaged; it counts as missing", t, StringComparison.Ordinal));
        Assert.Equal(before, Runners.StateOf(shared));
        Assert.Equal(runners.First.Objects(), runner.Objects());
    }

    [Fact]
    public void One_object_that_is_damaged_costs_its_own_step()
    {
        var shared = runners.CopyOfShared();
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(runners.First.ObjectOf("one"))));
        DamageFile(Path.Combine(shared, "v1/blobs", digest[..2], digest), "flipped", []);
        var runner = runners.New();

        var build = runner.Build("--shared-cache", shared).Succeeded();

        Assert.Equal(["codegen one/modern"], Runners.Ran(build));
        Assert.Equal(
            [$"warning BPFI1092: in the shared cache {shared}, blob {digest[..12]} is damaged; it counts as missing and is in quarantine there"],
            Runners.Troubles(build));
        Assert.Equal(runners.First.Objects(), runner.Objects());
    }

    [Fact]
    public void Another_output_for_the_same_key_is_reported_and_the_first_one_stays()
    {
        var (shared, empty, hidden) = (runners.NewDirectory("shared"), runners.NewDirectory("empty"), $"{runners.NewDirectory("hidden")}/input");
        var (first, second) = (runners.New(), runners.New());
        // A script that reads what it tells nobody of; what is in the second line happens while it runs.
        foreach (var runner in (Checkout[])[first, second])
            runner.Write("table/build.rs", $$"""
                fn main() {
                    println!("cargo:rerun-if-changed=table.txt");
                    let hidden = std::fs::read_to_string("{{hidden}}").unwrap();
                    let (number, command) = hidden.split_once('\n').unwrap();
                    assert!(std::process::Command::new("sh").args(["-c", command]).status().unwrap().success());
                    let out = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("table.rs");
                    std::fs::write(out, format!("pub const TABLE: u32 = {number};")).unwrap();
                }
                """);
        File.WriteAllText(hidden, "5\ntrue");
        first.Build("one", "--shared-cache", shared).Succeeded();
        var before = Runners.StateOf(Path.Combine(shared, "v1/results"));
        File.WriteAllText(hidden, $"6\ncp -a '{shared}/.' '{empty}'");

        var build = second.Build("one", "--shared-cache", empty).Succeeded();

        // The script told nobody what it read: that the libraries differ, their keys say.
        Assert.Contains(Runners.Troubles(build), t => t.StartsWith("warning BPFI1093: not deterministic: rustc (key ", StringComparison.Ordinal));
        Assert.NotEqual(first.Objects(), second.Objects());
        foreach (var line in before.Split('\n'))
            Assert.Contains(line.Split(' ')[^1], Runners.StateOf(Path.Combine(empty, "v1/results")), StringComparison.Ordinal);
    }

    private static void Damage(string directory, string damage)
    {
        var files = Directory.GetFiles(directory, "*", SearchOption.AllDirectories);
        var foreign = File.ReadAllBytes(files[0]);
        foreach (var file in damage == "foreign" ? files[1..] : files)
            DamageFile(file, damage, foreign);
        if (damage == "foreign")
            File.Delete(files[0]);
    }

    private static void DamageFile(string path, string damage, byte[] foreign)
    {
        var content = File.ReadAllBytes(path);
        File.Delete(path);
        // Whoever opens the one waits for a writer, and whoever reads the other never comes to its end.
        if (damage == "pipe")
            Tool.Do("mkfifo", path);
        else if (damage == "endless")
            File.CreateSymbolicLink(path, "/dev/zero");
        else
            Write(path, damage, content, foreign);
    }

    private static void Write(string path, string damage, byte[] content, byte[] foreign)
    {
        File.WriteAllBytes(path, damage switch
        {
            "short" => content[..(content.Length / 2)],
            "foreign" => foreign,
            // What is empty cannot be anything else and be of that size.
            _ => content.Length == 0 ? [] : [.. content[..^1], (byte)~content[^1]],
        });
    }
}
