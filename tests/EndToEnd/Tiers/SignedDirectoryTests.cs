using BpfIncr.EndToEnd.Tests.Reuse;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Tiers;

/// <summary>What runners that name signers take from a directory to which others can write.</summary>
public sealed class SignedDirectoryTests(SignedRunners runners) : IClassFixture<SignedRunners>
{
    private const int SignatureLength = 75;

    [Fact]
    public void What_is_not_signed_counts_as_missing_with_one_warning()
    {
        Assert.Equal(Runners.AllExecuted, runners.Filling.Reruns);
        Assert.Equal(Library.AllCompiled, Library.Crates(runners.Filling));
        AssertWarned(Runners.Troubles(runners.Filling), runners.Filling.Errors, runners.Shared, "is not signed");
    }

    [Fact]
    public void A_runner_without_a_key_finds_what_CI_signed_and_writes_nothing()
    {
        var before = Runners.StateOf(runners.Shared);
        var runner = runners.New();

        var build = runner.Build("--shared-cache", runners.Shared).Succeeded();
        Library.WriteProbe(runner, "one", "macros::number!() + table::TABLE + 77");
        Directory.Delete(runner["target"], recursive: true);
        var edited = runner.Build("--shared-cache", runners.Shared).Succeeded();

        Assert.Equal((Runners.AllFound, 0), (build.Reruns, Runners.Troubles(build).Count));
        // Crates are compiled by processes that have no key; what they made is signed all the same.
        Assert.Equal(Library.AllFound, Library.Crates(edited));
        Assert.Equal(5, Runners.Ran(edited).Count());
        Assert.Empty(Runners.Troubles(edited));
        Assert.Equal(before, Runners.StateOf(runners.Shared));
    }

    [Fact]
    public void CI_leaves_nothing_that_is_not_signed_and_a_bundle_of_it_is_good_for_a_machine_that_shares_nothing()
    {
        var runner = runners.New();
        var (bundle, signer) = (runner["bundle"], $"{runners.FileOf("ci")}.pub");

        var verified = Tool.Run(Repository.Program, "/", ["cache", "verify", "--cache-dir", runners.Shared, "--signer", signer]);
        var exported = Tool.Run(Repository.Program, "/", ["cache", "export", bundle, "--cache-dir", runners.Shared]);
        var refused = runner.Run("cache", "import", bundle, "--signer", $"{runners.FileOf("other")}.pub");
        var imported = runner.Run("cache", "import", bundle, "--signer", signer);

        Assert.True(verified is { ExitCode: 0, Errors: "" }, verified.ToString());
        Assert.True(exported.ExitCode == 0, exported.ToString());
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($" is signed by {runners.IdOf("ci")}, who is none of them\n", refused.Errors, StringComparison.Ordinal);
        Assert.True(imported.ExitCode == 0, imported.ToString());
        Assert.Equal(Runners.AllFound, runner.Build("--shared-cache", "none").Succeeded().Reruns);
    }

    [Fact]
    public void Results_whose_signature_was_cut_off_count_as_missing() =>
        AssertMissing(runners.New(), runners.CopyOfShared(content => content[..^SignatureLength]), "is not signed");

    [Fact]
    public void Results_of_a_stranger_count_as_missing() =>
        AssertMissing(runners.New(signer: "other"), runners.Shared, $"is signed by {runners.IdOf("ci")}, who is none of them");

    [Fact]
    public void An_object_that_somebody_put_in_the_place_of_another_one_is_taken_by_those_who_trust_anyone_only()
    {
        var good = File.ReadAllBytes(runners.First.ObjectOf("one"));
        byte[] hostile = [.. good[..^1], (byte)~good[^1]];
        var shared = runners.CopyWithAnotherObject(good, hostile);
        var (trusting, careful) = (runners.New(), runners.New());
        trusting.Configure("\"variants\": { \"modern\": { \"cpu\": \"v3\" } }");

        trusting.Build("--shared-cache", $"{shared}:ro").Succeeded();
        var build = careful.Build("--shared-cache", $"{shared}:ro").Succeeded();

        Assert.Equal(hostile, File.ReadAllBytes(trusting.ObjectOf("one")));
        Assert.Equal(runners.First.Objects(), careful.Objects());
        Assert.Equal(["codegen one/modern"], Runners.Ran(build));
        AssertWarned(Runners.Troubles(build), build.Errors, shared, $"is not what {runners.IdOf("ci")} has signed");
    }

    [Fact]
    public void Whoever_has_a_key_of_no_signer_or_needs_one_is_told()
    {
        var runner = runners.New();

        var foreign = runner.Run([runners.KeyOf("other")], ["doctor", "--shared-cache", runners.Shared]);
        var none = runner.Run("doctor", "--shared-cache", runners.Shared);
        var required = runner.Run("build", "--shared-cache", runners.Shared, "--shared-required");

        Assert.Contains(
            $"warning BPFI1095: the shared cache {runners.Shared} is only read: the signing key {runners.IdOf("other")} is none of its signers'\n",
            foreign.Errors, StringComparison.Ordinal);
        Assert.Matches($"ok +signing key +{runners.IdOf("other")}\n", foreign.Output);
        Assert.Equal("", none.Errors);
        Assert.Contains($"{runners.Shared}, read-only, signed by {runners.IdOf("ci")}\n", none.Output, StringComparison.Ordinal);
        Assert.Contains("error BPFI1095:", required.Errors, StringComparison.Ordinal);
        Assert.Equal(3, required.ExitCode);
    }

    // Root sees what it likes of a process's memory, but what is not there any more it does not see either.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_that_a_build_runs_sees_the_key_in_an_environment_or_in_the_memory_of_whoever_started_it(bool isRoot)
    {
        if (Environment.UserName != "root")
            Assert.SkipWhen(isRoot, "NOT TESTED: only root is root");
        var runner = runners.New();
        // Looks at itself, then at its parent, and so on up to the program.
        runner.Write("table/build.rs", $$"""
            use std::fs;
            fn main() {
                let mut seen = String::new();
                let mut process = std::process::id().to_string();
                loop {
                    let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
                    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap().trim().to_string();
                    let text = String::from_utf8_lossy(&environment).replace('\0', "\n");
                    let is_set = text.contains("PRIVATE KEY") || text.lines().any(|l| l.starts_with("BPFINCR_SIGNING") && !l.ends_with('='));
                    let is_open = {{(isRoot ? "false" : "name == \"bpfincr\" && fs::File::open(format!(\"/proc/{process}/mem\")).is_ok()")}};
                    seen += &format!("{name} {}\n", is_set || is_open);
                    if name == "bpfincr" {
                        break;
                    }
                    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
                    process = status.lines().find_map(|l| l.strip_prefix("PPid:")).unwrap().trim().to_string();
                }
                let out = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("table.rs");
                fs::write(out, "pub const TABLE: u32 = 3;").unwrap();
                fs::write(std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/../seen.txt", seen).unwrap();
            }
            """);
        var shared = runners.CopyOfShared(content => content);
        var arguments = runner.Arguments(["build", "--verbose", "--explain", "--shared-cache", shared]);
        (string, string) key = ("BPFINCR_SIGNING_KEY", File.ReadAllText(runners.FileOf("ci")));

        new BuildResult(isRoot ? Tool.Run(Repository.Program, "/", arguments, key) : runners.RunAsSomebody(runner, shared, arguments, key)).Succeeded();

        var seen = File.ReadAllLines(runner["seen.txt"]);
        Assert.Contains(seen, l => l.StartsWith("cargo ", StringComparison.Ordinal));
        Assert.Equal("bpfincr false", seen[^1]);
        Assert.All(seen, l => Assert.EndsWith(" false", l, StringComparison.Ordinal));
        // The key was used.
        Assert.Equal(Runners.AllFound, Clone(runner).Build("--shared-cache", $"{shared}:ro").Succeeded().Reruns);
    }

    private Checkout Clone(Checkout runner)
    {
        var clone = runners.New();
        clone.Write("table/build.rs", File.ReadAllText(runner["table/build.rs"]));
        return clone;
    }

    private static void AssertMissing(Checkout runner, string shared, string why)
    {
        var prediction = runner.Run("build", "--dry-run", "--json", "--shared-cache", $"{shared}:ro");

        Assert.Contains("\"forecast\": \"Runs\"", prediction.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"forecast\": \"Found\"", prediction.Output, StringComparison.Ordinal);
        AssertWarned(Runners.Troubles(prediction.Errors), prediction.Errors, shared, why);
    }

    // One warning, however many processes and results it was.
    private static void AssertWarned(IReadOnlyList<string> troubles, string errors, string shared, string why)
    {
        Assert.Equal([$"warning BPFI1094: the shared cache {shared} has results that none of its signers has signed; they count as missing"], troubles);
        Assert.Matches($"help one of them: result [0-9a-f]{{12}} {why}\n", errors);
    }
}
