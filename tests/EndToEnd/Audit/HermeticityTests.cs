using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Audit;

/// <summary>What is read behind the cache's back is named, with what to do about it; what keys know of is not.</summary>
public sealed class HermeticityTests : IDisposable
{
    private const string OfMachine = "/etc/debian_version";

    private readonly TestDirectory _directory = new();
    private readonly Checkout _checkout;

    public HermeticityTests() => _checkout = new Checkout(_directory["checkout"], _directory["cache"]);

    [Fact]
    public void Nothing_is_said_of_workspaces_whose_crates_tell_what_they_read()
    {
        _checkout.AddMonorepo("xdp-ports", "xdp-parse", "tc-pair");
        _checkout.AddFixture("tiny");
        _checkout.Configure("\"workspaces\": [\"monorepo\", \"tiny\"]");
        _checkout.Build().Succeeded();

        var audit = _checkout.Run("audit", "--hermetic");

        Assert.True(audit.ExitCode == 0, audit.ToString());
        Assert.Equal("", audit.Errors);
        Assert.Contains("; keys know every file that was used (", audit.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_used_behind_the_back_of_the_cache_is_named_until_it_is_declared()
    {
        WriteWorkspace();
        _checkout.Build().Succeeded();

        Assert.Equal(
            """
            rustc, or a proc macro in it, for one (one)
              Read schema/one.json
              Listed schema
              Missed schema/override.json
            the build script of sly (one)
              Read sly/more/a.txt
              Read sly/run.sh
              Read sly/table.txt
              Listed sly/more
              Missed sly/maybe.txt
            the build script of whole (one, two)
              Read /etc/debian_version
            """, Unknown());

        _checkout.Replace("sly/build.rs", "changed=build.rs", "changed=build.rs\\ncargo:rerun-if-changed=table.txt\\ncargo:rerun-if-changed=more\\ncargo::rerun-if-changed=maybe.txt\\ncargo:rerun-if-changed=run.sh");
        _checkout.Configure($"\"inputs\": [\"schema\", \"{OfMachine}\"]");
        _checkout.Build().Succeeded();

        var audit = _checkout.Run("audit", "--hermetic");

        Assert.True(audit.ExitCode == 0, audit.ToString());
    }

    [Fact]
    public void In_words_there_is_an_error_for_each_crate_with_what_to_do()
    {
        WriteWorkspace();
        _checkout.Build().Succeeded();

        var audit = _checkout.Run("audit", "two", "--hermetic");

        Assert.Equal(1, audit.ExitCode);
        Assert.Contains(
            """
            error BPFI1103: the build script of whole uses 1 path that no key knows
              help let the build script print cargo:rerun-if-changed=PATH for each, or name them under "inputs" in bpfincr.json
              | reads /etc/debian_version
              | needed by two

            """, audit.Errors, StringComparison.Ordinal);
        Assert.Contains("1 of 1 probe the same when built again, 1 of 1 object; 1 use of files that no key knows", audit.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_strace_it_is_said_what_is_missing()
    {
        Crates.WriteWorkspace(_checkout);
        Crates.WriteProbe(_checkout, "one", "x");

        var audit = _checkout.Run([("PATH", _directory.Path)], ["audit", "--hermetic"]);

        Assert.Equal(3, audit.ExitCode);
        Assert.Contains("error BPFI1104: which files are read cannot be traced here: strace cannot be started", audit.Errors, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    // "sly" says that it reads its own source alone, and reads, lists and looks for more; "whole" says nothing, so that all of its
    // package counts; the macro of "one" reads a directory.
    private void WriteWorkspace()
    {
        Crates.WriteWorkspace(_checkout);
        _checkout.Replace("Cargo.toml", "\"mid\"", "\"mid\", \"macros\", \"sly\", \"whole\"");
        WriteCrate("macros", "[lib]\nproc-macro = true\n", """
            #[proc_macro]
            pub fn schema(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
                let directory = std::path::Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../schema");
                let count = std::fs::read_dir(&directory).unwrap().count();
                let text = std::fs::read_to_string(directory.join("override.json")).or_else(|_| std::fs::read_to_string(directory.join("one.json"))).unwrap();
                format!("{}u32", count + text.len()).parse().unwrap()
            }
            """);
        _checkout.Write("schema/one.json", "{}");
        WriteCrate("sly", "", "#![no_std]\n");
        _checkout.Write("sly/build.rs", """
            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                std::fs::read("table.txt").unwrap();
                for entry in std::fs::read_dir("more").unwrap() {
                    std::fs::read(entry.unwrap().path()).unwrap();
                }
                if std::path::Path::new("maybe.txt").exists() {
                    std::fs::read("maybe.txt").unwrap();
                }
                let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
                std::fs::write(out.join("made"), "").unwrap();
                std::fs::read(out.join("made")).unwrap();
                let temporary = std::env::temp_dir().join(format!("bpfincr-test-{}", std::process::id()));
                std::fs::write(&temporary, "").unwrap();
                std::fs::read(&temporary).unwrap();
                std::fs::remove_file(&temporary).unwrap();
                assert!(std::process::Command::new("./run.sh").status().unwrap().success());
            }
            """);
        _checkout.Write("sly/table.txt", "1");
        _checkout.Write("sly/more/a.txt", "1");
        _checkout.Write("sly/run.sh", "#!/bin/sh\nexit 0\n");
        Tool.Do("chmod", "+x", _checkout["sly/run.sh"]);
        WriteCrate("whole", "", "#![no_std]\n");
        _checkout.Write("whole/build.rs", $$"""
            fn main() {
                std::fs::read("data/known.txt").unwrap();
                std::fs::read_dir("data").unwrap().count();
                std::path::Path::new("later.txt").exists();
                std::fs::read("{{OfMachine}}").unwrap();
            }
            """);
        _checkout.Write("whole/data/known.txt", "1");
        Crates.WriteProbe(_checkout, "one", "macros::schema!()", "macros = { path = \"../../macros\" }\nsly = { path = \"../../sly\" }\nwhole = { path = \"../../whole\" }\n");
        Crates.WriteProbe(_checkout, "two", "x", "whole = { path = \"../../whole\" }\n");
        _checkout.Configure("");
    }

    private void WriteCrate(string name, string manifest, string source)
    {
        _checkout.Write($"{name}/Cargo.toml", $"[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{manifest}");
        _checkout.Write($"{name}/src/lib.rs", source);
    }

    private string Unknown()
    {
        var audit = _checkout.Run("audit", "--hermetic", "--json");
        Assert.Equal(1, audit.ExitCode);
        var report = JsonDocument.Parse(audit.Output).RootElement;
        Assert.All(report.GetProperty("probes").EnumerateArray(), p => Assert.True(p.GetProperty("isSame").GetBoolean()));
        return string.Join('\n', report.GetProperty("unknown").EnumerateArray().SelectMany(u => (string[])
        [
            $"{u.GetProperty("subject").GetString()} ({string.Join(", ", u.GetProperty("probes").EnumerateArray().Select(p => p.GetString()))})",
            .. u.GetProperty("files").EnumerateArray().Select(f => $"  {f.GetProperty("use").GetString()} {f.GetProperty("name").GetString()}"),
        ]));
    }
}
