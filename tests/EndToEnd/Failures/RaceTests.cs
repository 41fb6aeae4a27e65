using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>Things that happen at the same time.</summary>
public sealed class RaceTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void An_edit_while_the_compiler_runs_is_never_taken_for_the_source_of_before()
    {
        var checkout = checkouts.New();
        AddEditingMacro(checkout, "fs::write(\"verdict.txt\", \"5\")");
        checkout.Write("tiny/verdict.txt", "4");
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASS + include!(\"../../verdict.txt\") + macros::edit!()\n");
        checkout.Touch("tiny/edit");

        Assert.Contains(
            "its sources changed while rustc was at work, so that it was asked again", checkout.Build().Succeeded().ReasonsOf("rustc pass"));
        var five = File.ReadAllBytes(checkout.ObjectOf("pass"));
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
        checkout.Write("tiny/verdict.txt", "4");
        checkout.Build().Succeeded();
        var four = File.ReadAllBytes(checkout.ObjectOf("pass"));
        checkout.Write("tiny/verdict.txt", "5");
        checkout.Build().Succeeded();

        Assert.NotEqual(five, four);
        Assert.Equal(five, File.ReadAllBytes(checkout.ObjectOf("pass")));
    }

    [Fact]
    public void A_manifest_that_changes_while_the_compiler_runs_is_never_taken_for_the_one_of_before()
    {
        var checkout = checkouts.NewWithOwnCache();
        // What a change of branches does in the middle of a build: a source and a manifest are others.
        checkout.Write("tiny/build.rs", """
            use std::{fs, path::Path};

            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                if !Path::new("edited").exists() {
                    fs::write("edited", "").unwrap();
                    fs::write("verdict.txt", "5").unwrap();
                    let manifest = fs::read_to_string("Cargo.toml").unwrap();
                    fs::write("Cargo.toml", manifest.replace("edition", "description = \"four\"\nedition")).unwrap();
                }
            }
            """);
        checkout.Write("tiny/verdict.txt", "4");
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASS + include!(\"../../verdict.txt\") + 10 * env!(\"CARGO_PKG_DESCRIPTION\").len() as u32\n");
        checkout.Build().Succeeded();
        var described = File.ReadAllBytes(checkout.ObjectOf("pass"));
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
        checkout.Replace("tiny/Cargo.toml", "description = \"four\"\n", "");

        checkout.Build().Succeeded();

        Assert.NotEqual(described, File.ReadAllBytes(checkout.ObjectOf("pass")));
    }

    [Theory]
    [InlineData("fs::write(\"data/b\", \"2\")")]
    [FurtherData("fs::rename(\"data/a\", \"data/b\")")]
    public void Names_that_change_while_a_build_script_reads_them_are_never_taken_for_those_of_before(string edit)
    {
        var checkout = checkouts.NewWithOwnCache();
        checkout.Write("tiny/data/a", "1");
        checkout.Write("tiny/build.rs", $$"""
            use std::{fs, path::Path};

            fn main() {
                println!("cargo:rerun-if-changed=data");
                if Path::new("edit").exists() {
                    fs::remove_file("edit").unwrap();
                    {{edit}}.unwrap();
                }
                let names: Vec<_> = fs::read_dir("data").unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
                println!("cargo:rustc-env=NAMES={}", names.concat());
            }
            """);
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASS + env!(\"NAMES\").len() as u32 + env!(\"NAMES\").as_bytes()[0] as u32\n");
        checkout.Build().Succeeded();
        var before = File.ReadAllBytes(checkout.ObjectOf("pass"));
        CrateCheckout.Settle();
        checkout.Write("tiny/data/a", "4");
        checkout.Touch("tiny/edit");
        checkout.Build().Succeeded();
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
        Directory.Delete(checkout["tiny/data"], recursive: true);
        checkout.Write("tiny/data/a", "4");

        checkout.Build().Succeeded();

        Assert.Equal(before, File.ReadAllBytes(checkout.ObjectOf("pass")));
    }

    [Theory]
    [InlineData("{ fs::rename(\"src\", \"src.before\").unwrap(); fs::rename(\"src.now\", \"src\") }")]
    [FurtherData("fs::remove_file(\"src/part.rs\")")]
    [FurtherData("{ fs::remove_file(\"link\").unwrap(); std::os::unix::fs::symlink(\"src.now\", \"link\") }")]
    public void A_source_that_becomes_another_file_after_it_was_read_is_never_taken_for_what_was_read(string edit)
    {
        var checkout = checkouts.NewWithOwnCache();
        Tool.Do("cp", "-a", checkout["tiny/src"], checkout["tiny/src.now"]);
        checkout.Write("tiny/src.now/part.rs", "pub const PART: u32 = 8;");
        checkout.Write("tiny/src/part.rs", "pub const PART: u32 = 9;");
        File.CreateSymbolicLink(checkout["tiny/link"], "src");
        AddEditingMacro(checkout, edit);
        foreach (var pass in (string[])["tiny/src/bin/pass.rs", "tiny/src.now/bin/pass.rs"])
        {
            checkout.Replace(pass, "    XDP_PASS\n", "    XDP_PASS + part::PART + linked::PART + macros::edit!()\n");
            checkout.Replace(pass, "use tiny::", "#[path = \"../part.rs\"]\nmod part;\n#[path = \"../../link/part.rs\"]\nmod linked;\nuse tiny::");
        }
        Thread.Sleep(100);
        checkout.Touch("tiny/edit");
        // rustc itself may have missed the file.
        checkout.Build();
        if (!File.Exists(checkout["tiny/src/part.rs"]))
        {
            Assert.NotEqual(0, checkout.Build().ExitCode);
            return;
        }
        checkout.Build().Succeeded();

        var other = new Checkout(checkout.Directory, $"{checkout.Cache}-of-now");
        var objects = checkout.Objects();
        other.Run("clean");
        other.Build().Succeeded();
        Assert.Equal(other.Objects(), objects);
    }

    [Fact]
    public void Two_builds_of_one_checkout_at_once_both_succeed()
    {
        var checkout = checkouts.NewWithOwnCache();
        var before = checkout.Objects();
        Assert.Equal(0, checkout.Run("clean", "--cache").ExitCode);
        using var one = Tool.Start(Repository.Program, "/", checkout.Arguments(["build"]));
        using var other = Tool.Start(Repository.Program, "/", checkout.Arguments(["build"]));

        var results = new[] { Tool.Finish(one), Tool.Finish(other) };

        Assert.All(results, r => Assert.True(r is { ExitCode: 0, Errors: "" }, r.ToString()));
        Assert.Equal(before, checkout.Objects());
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
    }

    // It edits what it is compiled into while that is being compiled, once: sooner than any person could.
    private static void AddEditingMacro(Checkout checkout, string edit)
    {
        checkout.Write("tiny/macros/Cargo.toml", "[package]\nname = \"macros\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n");
        checkout.Write("tiny/macros/src/lib.rs", $$"""
            use std::{fs, path::Path};

            #[proc_macro]
            pub fn edit(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
                if Path::new("edit").exists() {
                    fs::remove_file("edit").unwrap();
                    {{edit}}.unwrap();
                }
                "0u32".parse().unwrap()
            }
            """);
        checkout.Write("tiny/Cargo.toml", File.ReadAllText(checkout["tiny/Cargo.toml"]) + "\n[dependencies]\nmacros = { path = \"macros\" }\n");
    }
}
