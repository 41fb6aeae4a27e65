using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>Things that happen at the same time.</summary>
public sealed class RaceTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    [Fact]
    public void An_edit_while_the_compiler_runs_is_never_taken_for_the_source_of_before()
    {
        var checkout = checkouts.New();
        // Edits what it has been started for, once: sooner than any person could.
        checkout.Write("tiny/build.rs", """
            use std::{fs, path::Path};

            fn main() {
                println!("cargo:rerun-if-changed=build.rs");
                if !Path::new("edited").exists() {
                    fs::write("edited", "").unwrap();
                    fs::write("verdict.txt", "5").unwrap();
                }
            }
            """);
        checkout.Write("tiny/verdict.txt", "4");
        checkout.Replace("tiny/src/bin/pass.rs", "    XDP_PASS\n", "    XDP_PASS + include!(\"../../verdict.txt\")\n");

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
}
