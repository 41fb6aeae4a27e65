using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>A machine that lacks something: exit code 3 and a hint.</summary>
public sealed class MachineTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void Without_a_toolchain_the_error_says_what_installs_one()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"toolchain\": {{ \"rustc\": \"nowhere/rustc\" }}");

        var build = checkout.BuildWith([("PATH", "")]);
        checkout.Configure(TinyCheckouts.Workspaces);

        Assert.Equal(3, build.ExitCode);
        Assert.Equal(
            $"""
            error BPFI1030: there is no Rust toolchain to compile with: {checkout["nowhere/rustc"]}: there is no such file
              help on Debian: apt-get install rustc-web cargo-web libstd-rust-web-dev-bpf; then look at: bpfincr doctor

            """, build.Errors);
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void An_empty_path_is_no_fault_of_the_toolchain()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"toolchain\": {{ \"rustc\": \"/usr/bin/rustc\" }}");
        checkout.Build().Succeeded();

        var build = checkout.BuildWith([("PATH", "")]).Succeeded();

        Assert.Equal("", build.Reruns);
    }

    [Fact]
    public void A_program_that_is_no_rustc_is_named()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"toolchain\": {{ \"rustc\": \"/bin/false\" }}");

        var build = checkout.Build();

        Assert.Equal(3, build.ExitCode);
        Assert.Contains("/bin/false: it does not answer", build.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_shows_what_was_found_and_why()
    {
        var checkout = checkouts.New();

        var doctor = checkout.Run("doctor");

        Assert.Equal(0, doctor.ExitCode);
        foreach (var what in (string[])["toolchain", "LLVM", "target", "kernel", "cache", "configuration"])
            Assert.Matches($"(?m)^ok +{what} +\\S", doctor.Output);
        Assert.Matches("(?m)^ +/.*/rustc: chosen: ", doctor.Output);
    }

    [Fact]
    public void The_doctor_says_for_each_toolchain_what_gives_it_a_core_for_BPF()
    {
        using var directory = new TestDirectory();
        var checkout = new Checkout(directory["checkout"], directory["cache"]);
        checkout.Write("bpfincr.json", "{}");

        var none = Hidden.Run(checkout, [Hidden.BpfCore, Hidden.Sources], ["doctor"]);
        var sources = Hidden.Run(checkout, [Hidden.BpfCore], ["doctor"]);
        var both = checkout.Run("doctor");

        const string Core = "apt-get install rustc-web cargo-web libstd-rust-web-dev-bpf\n";
        Assert.Contains($"advice to get a toolchain with a prebuilt core for BPF: {Core}", none.Output, StringComparison.Ordinal);
        Assert.Contains("advice to build core for BPF with /usr/bin/rustc: apt-get install rust-web-src\n", none.Output, StringComparison.Ordinal);
        foreach (var toolchain in RustupToolchains())
            Assert.Contains($": rustup component add rust-src --toolchain {toolchain}\n", none.Output, StringComparison.Ordinal);
        Assert.Contains("/usr/bin/rustc: chosen: rust-src: builds BPF core itself\n", sources.Output, StringComparison.Ordinal);
        Assert.Contains(Core, sources.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("rust-web-src", sources.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("core for BPF: ", both.Output, StringComparison.Ordinal);
    }

    // The one that rustup's rustc on the path stands for.
    private static IEnumerable<string> RustupToolchains()
    {
        var rustup = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cargo/bin/rustup");
        return File.Exists(rustup) && Tool.Run(rustup, "/", ["show", "active-toolchain"]) is { ExitCode: 0 } active
            ? [active.Output.Split(' ')[0]] : [];
    }

    [Fact]
    public void The_doctor_comes_before_there_is_a_project()
    {
        using var directory = new TestDirectory();

        var doctor = Tool.Run(Repository.Program, directory.Path, ["doctor", "--cache-dir", directory["cache"]]);

        Assert.True(doctor.ExitCode == 0, doctor.ToString());
        Assert.Matches("(?m)^ok +toolchain +\\S", doctor.Output);
        Assert.Contains("there is no bpfincr.json here or above; bpfincr init writes one", doctor.Output, StringComparison.Ordinal);
        Assert.Equal(2, Tool.Run(Repository.Program, directory.Path, ["doctor", "--config", "nowhere.json"]).ExitCode);
    }

    [Fact]
    public void The_doctor_speaks_JSON_too()
    {
        var doctor = checkouts.New().Run("doctor", "--json");

        Assert.Equal(0, doctor.ExitCode);
        using var report = JsonDocument.Parse(doctor.Output);
        var candidates = report.RootElement.GetProperty("candidates").EnumerateArray().ToList();
        Assert.Single(candidates, c => c.GetProperty("isChosen").GetBoolean());
        Assert.All(candidates, c => Assert.Matches("^(chosen|not chosen|cannot be used): ", c.GetProperty("reason").GetString()));
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/json.md"));
        Assert.All(report.RootElement.EnumerateObject(), member => Assert.Contains($"`{member.Name}`", page, StringComparison.Ordinal));
        Assert.EndsWith("/rustc", report.RootElement.GetProperty("toolchain").GetProperty("rustc").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Host_mode_is_explained_and_what_would_be_better_is_said_only_to_those_who_did_not_ask_for_it()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"toolchain\": {{ \"mode\": \"host\", \"rustc\": \"/usr/bin/rustc\" }}");

        var doctor = checkout.Run("doctor");

        Assert.Equal(0, doctor.ExitCode);
        Assert.Matches("(?m)^ok +target +\\S+, host mode: compiled for this machine, then retargeted to BPF$", doctor.Output);
        Assert.Contains("/usr/bin/rustc: chosen: host mode: bitcode for the host, retargeted; \"toolchain\" in bpfincr.json names it", doctor.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("prebuilt core for BPF:", doctor.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/bin/rustc")]
    [InlineData("rustc")]
    public void A_rustc_that_the_environment_names_is_the_one(string rustc)
    {
        var checkout = checkouts.New();

        var doctor = checkout.Run([("RUSTC", rustc), ("PATH", "/usr/bin:/bin")], ["doctor"]);

        Assert.Equal(0, doctor.ExitCode);
        Assert.Contains("/usr/bin/rustc: chosen: prebuilt BPF core; $RUSTC names it", doctor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void No_other_rustc_is_taken_in_place_of_the_one_that_the_environment_names()
    {
        var checkout = checkouts.New();

        var build = checkout.BuildWith([("RUSTC", checkout["nowhere/rustc"])]);

        Assert.Equal(3, build.ExitCode);
        Assert.Contains($"there is no Rust toolchain to compile with: {checkout["nowhere/rustc"]}: there is no such file", build.Errors, StringComparison.Ordinal);
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void The_doctor_says_what_installs_a_missing_toolchain()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"toolchain\": {{ \"rustc\": \"nowhere/rustc\" }}");

        var doctor = checkout.Run("doctor");

        Assert.Equal(3, doctor.ExitCode);
        Assert.Matches("(?m)^no +toolchain +none can be used$", doctor.Output);
        Assert.Contains("apt-get install rustc-web cargo-web libstd-rust-web-dev-bpf", doctor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_only_cache_directory_is_named()
    {
        var checkout = checkouts.NewWithOwnCache();
        using (ReadOnly(checkout.Cache))
        {
            var build = checkout.Build();

            Assert.Equal(3, build.ExitCode);
            Assert.StartsWith($"error BPFI1050: the cache directory {checkout.Cache}/v1 cannot be used: ", build.Errors, StringComparison.Ordinal);
            Assert.EndsWith("\n  help name another one with --cache-dir or $BPFINCR_CACHE_DIR\n", build.Errors, StringComparison.Ordinal);
        }
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_output_directory_that_cannot_be_written_is_named_once(bool everythingIsCached)
    {
        var checkout = checkouts.NewWithOwnCache();
        Directory.Delete(checkout["target"], recursive: true);
        if (!everythingIsCached)
            Directory.Delete(checkout.Cache, recursive: true);
        checkout.Write("target", "a file, where a directory should be");

        var build = checkout.Build();
        File.Delete(checkout["target"]);

        Assert.Equal(3, build.ExitCode);
        Assert.StartsWith("error BPFI", build.Errors, StringComparison.Ordinal);
        Assert.Equal(2, build.Errors.Split("error BPFI").Length);
        Assert.Contains(checkout["target"], build.Errors, StringComparison.Ordinal);
        // A resource key of the runtime is no sentence for a person.
        Assert.DoesNotContain("IO_", build.Errors, StringComparison.Ordinal);
        var next = checkout.Build().Succeeded();
        Assert.All(next.Steps, s => Assert.Equal(everythingIsCached, !s.Ran));
    }

    // Permissions do not stop root, so root's cache is on a read-only mount instead.
    private static Undo ReadOnly(string directory)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Tool.Do("chmod", "-R", "a-w", directory);
            return new Undo(() => Tool.Do("chmod", "-R", "u+w", directory));
        }
        if (Tool.Run("mount", "/", ["--bind", directory, directory]) is { ExitCode: not 0 } refused)
            Assert.Skip($"root may not mount anything here: {refused.Errors.Trim()}");
        Tool.Do("mount", "-o", "remount,ro,bind", directory);
        return new Undo(() => Tool.Do("umount", directory));
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
