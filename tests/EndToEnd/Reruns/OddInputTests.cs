using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Odd names, odd links, odd orders: after each edit exactly what has to run runs, and the result is that of a clean build.</summary>
public sealed class OddInputTests : IDisposable
{
    private readonly CrateCheckout _crates = new();

    private Checkout Checkout => _crates.Checkout;

    [Fact]
    public void A_bin_in_a_directory_of_its_own_that_gets_its_main_file_later_is_found()
    {
        Checkout.Write("probes/alpha/src/bin/extra/notes.rs", "");
        Assert.Equal("", Checkout.Build().Succeeded().Reruns);
        CrateCheckout.Settle();
        Checkout.Write("probes/alpha/src/bin/extra/main.rs", File.ReadAllText(Checkout["probes/alpha/src/main.rs"]));

        _crates.AssertRerun(
            """
            extra: rustc New/Executed, link New/Executed
            extra/modern: patch New/Executed, optimize New/Executed, codegen New/Executed
            """);
    }

    [Fact]
    public void A_file_that_a_proc_macro_reads_counts_once_it_is_declared()
    {
        Checkout.Write("macros/Cargo.toml", "[package]\nname = \"macros\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n");
        Checkout.Write("macros/src/lib.rs", """
            #[proc_macro]
            pub fn verdict(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
                std::fs::read_to_string("verdict.txt").unwrap().parse().unwrap()
            }
            """);
        Checkout.Replace("Cargo.toml", "\"mid\", ", "\"mid\", \"macros\", ");
        Checkout.Write("verdict.txt", "3");
        Checkout.Configure("\"inputs\": [\"verdict.txt\"]");
        Crates.WriteProbe(Checkout, "alpha", "x + macros::verdict!()", "macros = { path = \"../../macros\" }");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Write("verdict.txt", "4");

        _crates.AssertRerun($"{CrateCheckout.Only("alpha")}\nbeta: rustc Unchanged/Executed", further: ["macros", "verdict.txt"]);
    }

    [Fact]
    public void A_build_of_one_variant_leaves_the_rest_to_the_next()
    {
        Checkout.Configure(Checkout.Variants);
        Checkout.Build("--variant=legacy").Succeeded();
        Crates.WriteProbe(Checkout, "alpha", "kit::shared(x) + 3");
        Checkout.Build("--variant=modern", "alpha").Succeeded();

        Checkout.Build().Succeeded();
        _crates.AssertClean();
    }

    [Fact]
    public void A_source_behind_a_symbolic_link_counts()
    {
        Directory.CreateDirectory(_crates.Beside("shared"));
        File.WriteAllText(_crates.Beside("shared/part.rs"), "3");
        File.CreateSymbolicLink(Checkout["probes/alpha/src/part.rs"], "../../../../shared/part.rs");
        Crates.WriteProbe(Checkout, "alpha", "x + include!(\"part.rs\")");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        File.WriteAllText(_crates.Beside("shared/part.rs"), "4");

        _crates.AssertRerun(CrateCheckout.Only("alpha"));
        CrateCheckout.Settle();
        File.WriteAllText(_crates.Beside("shared/other.rs"), "5");
        File.Delete(Checkout["probes/alpha/src/part.rs"]);
        File.CreateSymbolicLink(Checkout["probes/alpha/src/part.rs"], "../../../../shared/other.rs");
        _crates.AssertRerun(CrateCheckout.Only("alpha"));
    }

    [Fact]
    public void A_workspace_behind_a_symbolic_link_is_the_same_workspace()
    {
        Directory.CreateSymbolicLink(_crates.Beside("link"), Checkout.Directory);
        var link = new Checkout(_crates.Beside("link"), Checkout.Cache);
        Assert.All(link.Build().Succeeded().Steps, s => Assert.False(s.Ran));
        CrateCheckout.Settle();
        Crates.WriteProbe(Checkout, "alpha", "kit::shared(x) + 3");

        Assert.Equal(CrateCheckout.Only("alpha"), link.Build().Succeeded().Reruns);
        Assert.All(Checkout.Build().Succeeded().Steps, s => Assert.False(s.Ran));
        _crates.AssertClean();
    }

    [Fact]
    public void Other_line_ends_are_another_text_and_no_other_program()
    {
        CrateCheckout.Settle();
        Checkout.Write("probes/alpha/src/main.rs", File.ReadAllText(Checkout["probes/alpha/src/main.rs"]).Replace("\n", "\r\n", StringComparison.Ordinal));
        Checkout.Write("probes/alpha/Cargo.toml", File.ReadAllText(Checkout["probes/alpha/Cargo.toml"]).Replace("\n", "\r\n", StringComparison.Ordinal));
        Checkout.Write("bpfincr.json", "{\r\n}\r\n");

        var build = Checkout.Build().Succeeded();

        Assert.DoesNotContain(build.Steps, s => s.Stage is "optimize" or "codegen" && s.Ran);
        Assert.DoesNotContain(build.Steps, s => s.Subject.StartsWith("beta", StringComparison.Ordinal) && s.Ran);
        _crates.AssertClean();
    }

    [Fact]
    public void A_file_whose_name_is_no_text_is_in_nobodys_way()
    {
        Checkout.Write("probes/alpha/build.rs", "fn main() {}");
        Checkout.Build().Succeeded();
        Tool.Do("sh", "-c", $"printf 1 > \"{Checkout["probes/alpha"]}/$(printf 'odd\\377name')\"");
        CrateCheckout.Settle();

        Checkout.Build().Succeeded();
        Assert.Equal("", Checkout.Build().Succeeded().Reruns);
        _crates.AssertClean();
        Tool.Do("rm", "-r", Checkout["probes/alpha"]);
    }

    [Theory]
    [InlineData("a blank and 'quotes'.rs")]
    [FurtherData("back\\\\slash.rs")]
    [FurtherData("größe 数.rs")]
    [FurtherData("dollar$ #hash.rs")]
    public void A_source_with_an_odd_name_counts(string name)
    {
        var file = $"probes/alpha/src/{name.Replace("\\\\", "\\", StringComparison.Ordinal)}";
        Checkout.Write(file, "3");
        Crates.WriteProbe(Checkout, "alpha", $"x + include!(\"{name}\")");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Write(file, "4");

        _crates.AssertRerun(CrateCheckout.Only("alpha"));
    }

    [Fact]
    public void A_source_whose_name_has_a_line_end_counts()
    {
        Checkout.Write("probes/alpha/src/two\nlines.rs", "3");
        Crates.WriteProbe(Checkout, "alpha", "x + include!(\"two\\nlines.rs\")");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Write("probes/alpha/src/two\nlines.rs", "4");

        var build = Checkout.Build().Succeeded();
        Assert.Contains(build.Steps, s => s is { Step: "codegen alpha/modern", Outcome: "Modified/Executed" });
        _crates.AssertClean();
    }

    [Fact]
    public void A_source_of_a_library_whose_name_has_a_line_end_counts()
    {
        Checkout.Write("kit/src/two\nlines.rs", "3");
        Checkout.Replace("kit/src/lib.rs", "x + 10", "x + include!(\"two\\nlines.rs\")");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Write("kit/src/two\nlines.rs", "4");

        Checkout.Build().Succeeded();
        _crates.AssertClean();
    }

    [Fact]
    public void A_very_long_path_is_a_path()
    {
        var deep = string.Join('/', Enumerable.Repeat(new string('d', 200), 12));
        Checkout.Write($"probes/alpha/src/{deep}/part.rs", "3");
        Crates.WriteProbe(Checkout, "alpha", $"x + include!(\"{deep}/part.rs\")");
        Checkout.Build().Succeeded();
        CrateCheckout.Settle();
        Checkout.Write($"probes/alpha/src/{deep}/part.rs", "4");

        _crates.AssertRerun(CrateCheckout.Only("alpha"));
    }

    [Theory]
    [InlineData("modern")]
    [FurtherData("rustc")]
    [FurtherData("cargo")]
    public void A_probe_may_be_called_like_a_variant_a_stage_or_a_directory(string name)
    {
        Crates.WriteProbe(Checkout, name, "x + 5");

        _crates.AssertRerun($"{name}: rustc New/Executed, link New/Executed\n{name}/modern: patch New/Executed, optimize New/Executed, codegen New/Executed");
    }

    [Fact]
    public void Bins_of_the_same_name_are_an_error_until_one_is_left_out()
    {
        Checkout.Write("probes/beta/src/bin/alpha.rs", File.ReadAllText(Checkout["probes/alpha/src/main.rs"]));

        var build = Checkout.Build();
        Assert.Equal(2, build.ExitCode);
        Assert.StartsWith("error BPFI1020: two bins are called alpha: in the packages alpha and beta", build.Errors, StringComparison.Ordinal);
        Checkout.Configure("\"packages\": [\"beta\"]");

        Checkout.Build().Succeeded();
        _crates.AssertClean();
    }

    /// <inheritdoc/>
    public void Dispose() => _crates.Dispose();
}
