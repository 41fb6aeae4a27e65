using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reuse;

/// <summary>Which crates a build compiles, and which it finds.</summary>
public sealed class CrateReuseTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Checkout _checkout;
    private int _edits;

    public CrateReuseTests()
    {
        _checkout = new Checkout(_directory["one/work"], _directory["cache"]);
        Library.Write(_checkout);
        Assert.Equal(Library.AllCompiled, Library.Crates(_checkout.Build().Succeeded()));
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_fresh_checkout_with_an_edited_probe_compiles_that_probe_and_no_crate()
    {
        var clone = Library.Clone(_checkout, _directory["it's \\ an = \"awkward\" ü place"]);
        EditProbe(clone);

        var build = clone.Build().Succeeded();

        Assert.Equal(Library.AllFound, Library.Crates(build));
        Assert.Equal(
            """
            one: rustc New/Executed, link New/Executed
            one/modern: patch New/Executed, optimize New/Executed, codegen New/Executed
            two: rustc New/ActionCache, link New/ActionCache
            two/modern: patch New/ActionCache, optimize New/ActionCache, codegen New/ActionCache
            """, build.Reruns);
        Assert.Contains("crates: 0 compiled, 5 from the cache", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_matter_in_which_directory_a_build_is_started()
    {
        var clone = Library.Clone(_checkout, _directory["clone"]);
        EditProbe(clone);

        var build = new BuildResult(Tool.Run(
            Repository.Program, clone.Directory, clone.Arguments(["build", "--verbose", "--explain"]), ("PWD", clone.Directory)));

        Assert.Equal(Library.AllFound, Library.Crates(build.Succeeded()));
    }

    [Fact]
    public void What_is_found_has_the_bytes_of_what_a_clean_build_makes()
    {
        var found = Library.Clone(_checkout, _directory["found"]);
        EditProbe(found);
        Assert.Equal(Library.AllFound, Library.Crates(found.Build().Succeeded()));
        var files = Products(found);
        Assert.Equal(13, files.Count);
        Directory.Delete(found["target"], recursive: true);

        var compiled = new Checkout(found.Directory, _directory["cache-of-its-own"]);
        Assert.Equal(Library.AllCompiled, Library.Crates(compiled.Build().Succeeded()));

        Assert.Equal(files, Products(compiled));
    }

    [Fact]
    public void What_is_found_is_fresh_for_cargo()
    {
        Directory.Delete(_checkout["target"], recursive: true);
        EditProbe(_checkout);
        Assert.Equal(Library.AllFound, Library.Crates(_checkout.Build().Succeeded()));
        var kit = File.GetLastWriteTimeUtc(Product("libkit-*.rlib"));
        // A new probe is a reason to ask cargo.
        Library.WriteProbe(_checkout, "three", "3");

        Assert.Equal("", Library.Crates(_checkout.Build().Succeeded()));

        Assert.Equal(kit, File.GetLastWriteTimeUtc(Product("libkit-*.rlib")));
    }

    [Theory]
    [InlineData("kit/src/lib.rs", "{ 2 } else { 1 }", "{ 4 } else { 3 }", "kit (library)")]
    [InlineData("naming/src/lib.rs", "7", "8", "macros (proc macro), naming (library)")]
    [InlineData("table/table.txt", "3", "5", "table (library)")]
    [FurtherData("probes/one/Cargo.toml", "path = \"../../kit\" }", "path = \"../../kit\", features = [\"big\"] }", "kit (library)")]
    [InlineData("bpfincr.json", "\"variants\"", "\"rustflags\": [\"--cfg=told\"], \"variants\"", "kit (library), table (library)")]
    [FurtherData("kit/text.txt", "text", "longer", "kit (library)")]
    [FurtherData("kit/src/lib.rs", "fn unused", "/// A comment.\nfn unused", "kit (library)")]
    [FurtherData("macros/src/lib.rs", "{}u32", "{}_u32", "macros (proc macro)")]
    [FurtherData("table/build.rs", "pub const", "/**/ pub const", "table (build script), table (library)")]
    [FurtherData("table/src/lib.rs", "#![no_std]", "#![no_std] ", "table (library)")]
    [FurtherData("Cargo.toml", "panic = \"abort\"", "panic = \"abort\"\nopt-level = 2", "kit (library), table (library)")]
    public void An_edit_in_a_fresh_checkout_compiles_what_reads_it_and_finds_the_rest(string file, string old, string now, string compiled)
    {
        var clone = Library.Clone(_checkout, _directory["edited"]);
        clone.Replace(file, old, now);

        var build = clone.Build().Succeeded();

        var expected = compiled.Split(", ").Aggregate(Library.AllFound, (all, c) => all.Replace($"{c}: ActionCache", $"{c}: Executed", StringComparison.Ordinal));
        Assert.Equal(expected, Library.Crates(build));
        // And the bytes are those of a build that knows of nothing.
        var objects = clone.Objects();
        Directory.Delete(clone["target"], recursive: true);
        var clean = new Checkout(clone.Directory, _directory["clean-cache"]);
        clean.Build().Succeeded();
        Assert.Equal(clean.Objects(), objects);
    }

    [Fact]
    public void A_variable_compiles_what_reads_it()
    {
        Directory.Delete(_checkout["target"], recursive: true);
        EditProbe(_checkout);

        var build = _checkout.BuildWith([("PROBE_KIT_LABEL", "a label"), ("PROBE_OTHER", "nobody's")]).Succeeded();

        Assert.Equal(Library.AllFound.Replace("kit (library): ActionCache", "kit (library): Executed", StringComparison.Ordinal), Library.Crates(build));
    }

    [Fact]
    public void A_path_that_is_compiled_in_is_not_taken_from_another_place()
    {
        _checkout.Replace("kit/src/lib.rs", "{ 2 } else { 1 }", "{ 2 } else { env!(\"CARGO_MANIFEST_DIR\").len() as u32 }");
        _checkout.Build().Succeeded();
        var clone = Library.Clone(_checkout, _directory["a/much/longer/path"]);

        Assert.Contains("kit (library): Executed", Library.Crates(clone.Build().Succeeded()), StringComparison.Ordinal);

        Assert.NotEqual(File.ReadAllBytes(_checkout.ObjectOf("one")), File.ReadAllBytes(clone.ObjectOf("one")));
    }

    [Fact]
    public void Warnings_of_a_crate_that_was_found_are_shown()
    {
        var clone = Library.Clone(_checkout, _directory["clone"]);
        EditProbe(clone);

        var build = clone.Build().Succeeded();

        Assert.Equal(Library.AllFound, Library.Crates(build));
        Assert.Contains("function `unused` is never used", build.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reason_for_which_a_crate_was_compiled_is_explained()
    {
        _checkout.Write("kit/text.txt", "other");

        var build = _checkout.Build("--explain").Succeeded();

        Assert.Equal("kit (library): Executed", Library.Crates(build));
        Assert.Matches(@"crate +kit \(library\) .*\n +kit/text.txt: [0-9a-f]{12} -> [0-9a-f]{12}\n", build.Output);
    }

    [Fact]
    public void Whoever_has_a_wrapper_of_their_own_keeps_it()
    {
        var clone = Library.Clone(_checkout, _directory["wrapped"]);
        EditProbe(clone);
        clone.Write("wrapper", "#!/bin/sh\necho called >> \"$0.log\"\nexec \"$@\"\n");
        Tool.Do("chmod", "+x", clone["wrapper"]);

        var build = clone.BuildWith([("RUSTC_WRAPPER", clone["wrapper"])]).Succeeded();

        Assert.Equal("", Library.Crates(build));
        Assert.NotEmpty(File.ReadAllLines(clone["wrapper.log"]));
    }

    // A probe that nobody has compiled yet, so that cargo is called.
    private void EditProbe(Checkout checkout) => Library.WriteProbe(checkout, "one", $"macros::number!() + table::TABLE + {100 + ++_edits}");

    private string Product(string pattern) =>
        Directory.EnumerateFiles(_checkout["target/bpf/cargo"], pattern, SearchOption.AllDirectories).First();

    // All that rustc made of crates: libraries, their metadata, what runs here, and the names of what was read.
    private static SortedDictionary<string, string> Products(Checkout checkout)
    {
        var cargo = checkout["target/bpf/cargo"];
        string[] crates = ["kit", "macros", "naming", "table", "build_script_build"];
        var files = Directory.EnumerateFiles(cargo, "*", SearchOption.AllDirectories)
            .Where(f => Array.Exists(crates, c => Path.GetFileName(f).StartsWith($"{c}-", StringComparison.Ordinal) || Path.GetFileName(f).StartsWith($"lib{c}-", StringComparison.Ordinal)))
            .Where(f => Path.GetExtension(f) is "" or ".rlib" or ".rmeta" or ".so" or ".d")
            .Where(f => !f.Contains("/.fingerprint/", StringComparison.Ordinal) && !Directory.Exists(f));
        return new(files.ToDictionary(f => Path.GetRelativePath(cargo, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))), StringComparer.Ordinal);
    }
}
