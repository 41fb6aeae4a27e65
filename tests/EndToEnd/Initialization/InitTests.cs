using System.Runtime.InteropServices;
using BpfIncr.EndToEnd.Tests.Kernel;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Initialization;

/// <summary>A project that knows nothing of bpfincr builds after <c>bpfincr init</c>, without a further edit.</summary>
public sealed class InitTests(InitCache cache) : IClassFixture<InitCache>, IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly BpfFileSystem _kernel = new();

    public void Dispose()
    {
        _kernel.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("aya-style", "modern", "flow-watch")]
    [InlineData("redbpf-style", "redbpf", "unlink", "xdp_count")]
    [InlineData("tiny", "modern", "count", "drop_interface", "pass")]
    public void A_project_builds_and_the_kernel_takes_it(string fixture, string variant, params string[] probes)
    {
        var checkout = Copy(fixture);

        Succeeds(checkout, "init", checkout.Directory);
        checkout.Build().Succeeded();

        Assert.Equal(probes.Select(p => $"{variant}/{p}.o"), checkout.Objects().Keys);
        _kernel.Require();
        Succeeds(checkout, "check");
    }

    [Theory]
    [InlineData("aya-style", "docs/from-aya.md")]
    [InlineData("redbpf-style", "docs/from-redbpf.md")]
    public void The_guide_shows_what_is_written(string fixture, string guide)
    {
        var checkout = Copy(fixture);

        Succeeds(checkout, "init", checkout.Directory);

        Assert.Contains($"```json\n{File.ReadAllText(checkout["bpfincr.json"])}```", File.ReadAllText(Path.Combine(Repository.Root, guide)), StringComparison.Ordinal);
    }

    [Fact]
    public void RedBPF_is_compiled_for_this_machine_because_it_has_nothing_for_the_BPF_target()
    {
        var checkout = Copy("redbpf-style");

        Succeeds(checkout, "init", checkout.Directory);
        checkout.Build().Succeeded();
        checkout.Replace("bpfincr.json", "\"mode\": \"host\"", "\"mode\": \"bpf\"");

        Assert.Contains("cannot find type `Registers` in this scope", checkout.Build().Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aya-style")]
    [InlineData("tiny")]
    public void It_builds_in_host_mode_too(string fixture)
    {
        var checkout = Copy(fixture);
        Succeeds(checkout, "init", checkout.Directory);
        checkout.Replace("bpfincr.json", "{\n", "{\n  \"toolchain\": { \"mode\": \"host\" },\n");

        checkout.Build().Succeeded();

        Assert.NotEmpty(checkout.Objects());
    }

    [Fact]
    public void What_the_projects_own_build_sets_is_written()
    {
        var checkout = Copy("aya-style");
        checkout.Replace("flow-watch-ebpf/Cargo.toml", "[dependencies]", "[features]\ndefault = [\"odd\"]\nodd = []\nsmall = []\n\n[dependencies]");
        checkout.Replace("flow-watch/build.rs", "fn main() {\n", """
            // aya_build::Package { features: &["other"], ..Default::default() }
            fn main() {
                let _ = r#"aya_build::build_ebpf([aya_build::Package { name, features: &["small", "unknown"], no_default_features: true, ..Default::default() }], toolchain)"#;

            """);
        checkout.Replace("aya-ebpf/build.rs", "fn main() {\n", "fn main() {\n    if std::env::var_os(\"NEVER\").is_some() { println!(\"cargo::rustc-link-lib=link-arg=shim.o\"); }\n");
        checkout.Write("flow-watch-ebpf/.cargo/config.toml", """
            [build]
            target = "bpfel-unknown-none"
            rustflags = "--cfg of_build -C link-arg=--unroll-loops"

            [target.bpfel-unknown-none]
            rustflags = ["--cfg", "of_target", "-Clinker=bpf-linker"]

            [target.x86_64-unknown-linux-gnu]
            rustflags = ["--cfg", "of_host"]
            """);
        checkout.Write(".cargo/config.toml", "[env]\nAYA_BPF_TARGET_ARCH = { value = \"x86_64\" }\n");

        Succeeds(checkout, "init", checkout.Directory);
        var text = File.ReadAllText(checkout["bpfincr.json"]);

        Assert.Contains("\"features\": [\"small\"],\n", text, StringComparison.Ordinal);
        Assert.Contains("\"defaultFeatures\": false,\n", text, StringComparison.Ordinal);
        Assert.Contains("""
            "rustflags": ["--cfg=bpf_target_arch=\"x86_64\"", "--cfg", "of_build", "--cfg", "of_target", "-Zunstable-options"]
            """, text, StringComparison.Ordinal);
        checkout.Build().Succeeded();
    }

    [Fact]
    public void An_object_for_aya_needs_no_license()
    {
        var checkout = Copy("aya-style");
        checkout.Replace("flow-watch-ebpf/src/main.rs", "#[no_mangle]\n#[link_section = \"license\"]\nstatic LICENSE: [u8; 13] = *b\"Dual MIT/GPL\\0\";\n", "");
        Succeeds(checkout, "init", checkout.Directory);
        checkout.Build().Succeeded();
        _kernel.Require();

        var check = checkout.Run("check");

        Assert.Equal((0, ""), (check.ExitCode, check.Errors));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Programs_in_a_workspace_of_their_own_are_found(bool isProjectBroken)
    {
        var checkout = Copy("aya-style");
        checkout.Replace("Cargo.toml", "members = [\"aya-ebpf\", \"flow-watch\", \"flow-watch-common\", \"flow-watch-ebpf\"]", "members = [\"flow-watch-common\"]\nexclude = [\"flow-watch-ebpf\", \"aya-ebpf\", \"flow-watch\"]");
        checkout.Replace("Cargo.toml", "default-members = [\"flow-watch\", \"flow-watch-common\"]\n", "");
        foreach (var (manifest, rest) in (IEnumerable<(string, string)>)[("flow-watch-ebpf/Cargo.toml", "\n[workspace]\n"), ("aya-ebpf/Cargo.toml", "")])
            checkout.Write(manifest, File.ReadAllText(checkout[manifest]).Replace("version.workspace = true", "version = \"0.1.0\"", StringComparison.Ordinal).Replace("edition.workspace = true", "edition = \"2021\"", StringComparison.Ordinal).Replace("license.workspace = true\npublish.workspace = true\n", "", StringComparison.Ordinal) + rest);
        Directory.Delete(checkout["flow-watch"], recursive: true);
        // As when what only the loader depends on cannot be had here.
        if (isProjectBroken)
            checkout.Replace("Cargo.toml", "members = [\"flow-watch-common\"]", "members = [\"flow-watch-common\", \"loader\"]");

        var init = checkout.Run("init", checkout.Directory);

        Assert.True(init.ExitCode == 0, init.ToString());
        var warnings = init.Errors.Split('\n').Where(l => l.Contains("BPFI1132", StringComparison.Ordinal));
        Assert.Equal(isProjectBroken ? [$"warning BPFI1132: cargo cannot read the workspace at {checkout.Directory}"] : [], warnings);
        checkout.Build().Succeeded();
        Assert.Contains("\"workspaces\": [\"flow-watch-ebpf\"]", File.ReadAllText(checkout["bpfincr.json"]), StringComparison.Ordinal);
        Assert.Equal(["modern/flow-watch.o"], checkout.Objects().Keys);
    }

    [Fact]
    public void Bins_for_this_machine_beside_probes_are_left_out()
    {
        var checkout = Copy("tiny");
        checkout.Write("src/bin/host.rs", "fn main() {}\n");
        checkout.Write("src/bin/was_a_probe.rs", "/* It had this: /* and more */\n#![no_main]\n*/\n// #![no_main]\nfn main() { println!(\"#![no_main]\"); }\n");
        checkout.Replace("src/bin/pass.rs", "#![no_main]", "#![cfg_attr(not(test), no_main)]");
        checkout.Replace("src/bin/count.rs", "#![no_std]\n#![no_main]", "#![no_std] // See /*.\n/* And // this: */ #![no_main]");

        Succeeds(checkout, "init", checkout.Directory);
        checkout.Build().Succeeded();

        Assert.Equal(["modern/count.o", "modern/drop_interface.o", "modern/pass.o"], checkout.Objects().Keys);
    }

    [Theory]
    [InlineData("/*")]
    [InlineData("#![")]
    [InlineData("\"\\")]
    public void A_long_source_in_which_nothing_ends_is_looked_at_once(string part)
    {
        var checkout = Copy("tiny");
        checkout.Write("src/bin/host.rs", $"fn main() {{}}\n{string.Concat(Enumerable.Repeat(part, 100_000))}");

        Succeeds(checkout, "init", checkout.Directory);

        Assert.DoesNotContain("host", checkout.Run("build", "--dry-run").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_the_project_and_what_cargo_cannot_read_beside_it_change_nothing()
    {
        var checkout = Copy("aya-style");
        checkout.Write("template/Cargo.toml", "[package]\nname = \"{{name}}\"\n");
        File.CreateSymbolicLink(_directory["link"], checkout.Directory);
        File.CreateSymbolicLink(checkout["loop"], checkout.Directory);

        var result = checkout.Run("init", _directory["link"]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("BPFI1132", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("workspaces", File.ReadAllText(checkout["bpfincr.json"]), StringComparison.Ordinal);
        checkout.Build().Succeeded();
    }

    [Theory]
    [InlineData("mkfifo")]
    [InlineData("mkdir")]
    public void A_manifest_that_is_no_file_is_one_that_cargo_cannot_read(string maker)
    {
        var checkout = Copy("tiny");
        Directory.CreateDirectory(checkout["aside"]);
        Tool.Do(maker, checkout["aside/Cargo.toml"]);

        var beside = checkout.Run("init", checkout.Directory);
        File.Delete(checkout["Cargo.toml"]);
        File.Delete(checkout["bpfincr.json"]);
        Tool.Do(maker, checkout["Cargo.toml"]);
        var above = checkout.Run("init", checkout.Directory);
        checkout.Write("bpfincr.json", "{}");
        var build = checkout.Build();

        Assert.Contains($"warning BPFI1132: cargo cannot read the workspace at {checkout["aside"]}", beside.Errors, StringComparison.Ordinal);
        Assert.Equal((0, 2, 2), (beside.ExitCode, above.ExitCode, build.ExitCode));
        foreach (var errors in (string[])[above.Errors, build.Errors])
        {
            Assert.Contains("error BPFI1011: cargo cannot read the workspace at ", errors, StringComparison.Ordinal);
            Assert.Contains("Cargo.toml is no file that can be read", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_probes_of_one_name_are_said_before_anything_is_written()
    {
        var checkout = Copy("tiny");
        Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, "tiny"), checkout["again"]);

        var result = checkout.Run("init", checkout.Directory);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("error BPFI1020: two bins are called ", result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(checkout["bpfincr.json"]));
    }

    [Fact]
    public void A_dry_run_prints_what_would_be_written_and_writes_nothing()
    {
        var checkout = Copy("redbpf-style");
        File.Delete(checkout["Cargo.lock"]);

        var printed = checkout.Run("init", checkout.Directory, "--dry-run");

        Assert.True(printed.ExitCode == 0, printed.ToString());
        Assert.Contains("\"features\": [\"probes\"]", printed.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(checkout["bpfincr.json"]) || File.Exists(checkout["Cargo.lock"]));
        Succeeds(checkout, "init", checkout.Directory);
        Assert.Equal(printed.Output, File.ReadAllText(checkout["bpfincr.json"]));
    }

    [Fact]
    public void Each_program_gets_the_features_that_it_requires_and_conditions_on_the_kernel_are_no_warnings()
    {
        var checkout = Copy("redbpf-style");
        checkout.Replace("probes/Cargo.toml", "probes = []\n", "probes = []\nfiles = []\n");
        checkout.Replace("probes/Cargo.toml", "path = \"src/unlink/main.rs\"\nrequired-features = [\"probes\"]", "path = \"src/unlink/main.rs\"\nrequired-features = [\"probes\", \"files\"]");
        checkout.Write("probes/src/unlink/main.rs", File.ReadAllText(checkout["probes/src/unlink/main.rs"]) + "\n#[cfg(kernel_version = \"5.7\")]\nconst NEWER: u32 = 1;\n");

        Succeeds(checkout, "init", checkout.Directory);
        var build = checkout.Build().Succeeded();

        var text = File.ReadAllText(checkout["bpfincr.json"]);
        Assert.Contains("\"features\": [\"probes\"],\n", text, StringComparison.Ordinal);
        Assert.Contains("\"probes\": { \"unlink\": { \"features\": [\"files\"] } }", text, StringComparison.Ordinal);
        Assert.Equal(["redbpf/unlink.o", "redbpf/xdp_count.o"], checkout.Objects().Keys);
        Assert.DoesNotContain("unexpected `cfg`", build.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"aarch64-unknown-linux-musl\"", "aarch64")]
    [InlineData("[\"riscv64gc-unknown-linux-gnu\"]", "riscv64")]
    [InlineData("[\"bpfel-unknown-none\"]", null)]
    public void The_architecture_is_that_of_the_projects_target(string target, string? architecture)
    {
        var checkout = Copy("aya-style");
        checkout.Write(".cargo/config.toml", $"[build]\ntarget = {target}\n");

        var printed = checkout.Run("init", checkout.Directory, "--dry-run");

        architecture ??= RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "x86_64" : "aarch64";
        Assert.Contains($"--cfg=bpf_target_arch=\\\"{architecture}\\\"", printed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_there_stays()
    {
        var checkout = Copy("tiny");
        checkout.Write("bpfincr.json", "{}");

        var result = checkout.Run("init", checkout.Directory);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("BPFI1130", result.Errors, StringComparison.Ordinal);
        Assert.Equal("{}", File.ReadAllText(checkout["bpfincr.json"]));
    }

    [Theory]
    [InlineData("", "", "has no Cargo.toml")]
    [InlineData("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\n", "no bin here is a program for the kernel")]
    [InlineData("Cargo.toml", "[package\n", "cargo cannot read the workspace")]
    public void What_is_no_project_is_said(string manifest, string text, string message)
    {
        var checkout = new Checkout(_directory["empty"], _directory["cache"]);
        checkout.Write("src/main.rs", "fn main() {}\n");
        if (manifest.Length > 0)
            checkout.Write(manifest, text);

        var result = checkout.Run("init", checkout.Directory);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(checkout["bpfincr.json"]));
    }

    [Fact]
    public void A_feature_that_no_package_has_is_an_error_with_its_place()
    {
        var checkout = Copy("redbpf-style");
        Succeeds(checkout, "init", checkout.Directory);
        checkout.Replace("bpfincr.json", "[\"probes\"],\n  // What cargo-bpf", "[\"prob\"],\n  // What cargo-bpf");

        var result = checkout.Run("build");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("bpfincr.json:5:16: no package of probes has a feature \"prob\"", result.Errors, StringComparison.Ordinal);
        Assert.Contains("did you mean \"probes\"?", result.Errors, StringComparison.Ordinal);
    }

    private Checkout Copy(string fixture)
    {
        var checkout = new Checkout(_directory[fixture], cache.Path);
        Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, fixture), checkout.Directory);
        Tool.Do("rm", "-rf", checkout["target"]);
        return checkout;
    }

    // Without --config, which names a file that is there.
    private static void Succeeds(Checkout checkout, params IEnumerable<string> arguments)
    {
        var result = checkout.Run(arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}

/// <summary>One cache for all tests: what they build is mostly the same.</summary>
public sealed class InitCache : IDisposable
{
    private readonly TestDirectory _directory = new();

    internal string Path => _directory.Path;

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
