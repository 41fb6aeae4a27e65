using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Maintenance;

/// <summary>A cache goes from one machine to another in one file.</summary>
public sealed class BundleTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>, IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_fresh_clone_elsewhere_runs_nothing_after_an_import()
    {
        var (checkout, clone) = (checkouts.New(), Clone());
        Succeed(checkout, "cache", "export", _directory["bundle"]);

        Succeed(clone, "cache", "import", _directory["bundle"]);

        var build = clone.Build().Succeeded();
        Assert.All(build.Steps, s => Assert.Equal("New/ActionCache", s.Outcome));
        Assert.Equal(checkout.Objects(), clone.Objects());
        Assert.Equal(0, clone.Run("cache", "verify").ExitCode);
    }

    [Fact]
    public void A_bundle_for_a_probe_has_that_probe_and_its_crates_and_no_other_probe()
    {
        var (checkout, clone) = (checkouts.New(), Clone());
        Succeed(checkout, "cache", "export", _directory["bundle"], "--for", "count");

        Succeed(clone, "cache", "import", _directory["bundle"]);

        var build = clone.Build().Succeeded();
        Assert.Equal(
            ["drop_interface", "pass"], build.Steps.Where(s => s.Ran).Select(s => s.Step.Split(' ', '/')[1]).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("crates: 0 compiled, 1 from the cache", build.Output, StringComparison.Ordinal);
        Assert.Equal(checkout.Objects(), clone.Objects());
    }

    [Fact]
    public void An_edit_after_an_import_compiles_no_crate()
    {
        var (checkout, clone) = (checkouts.New(), Clone());
        Succeed(checkout, "cache", "export", _directory["bundle"], "--for", "pass,count,drop_interface");
        Succeed(clone, "cache", "import", _directory["bundle"]);
        clone.Replace("tiny/src/bin/pass.rs", "XDP_PASS\n}", "XDP_PASS + 1\n}");

        var build = clone.Build().Succeeded();

        Assert.Equal(
            ["rustc pass", "link pass", "patch pass/modern", "optimize pass/modern", "codegen pass/modern"],
            build.Steps.Where(s => s.Ran).Select(s => s.Step).OrderBy(s => "rlpoc".IndexOf(s[0], StringComparison.Ordinal)));
        Assert.Contains("crates: 0 compiled, 1 from the cache", build.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_is_an_archive_that_tar_knows()
    {
        Succeed(checkouts.New(), "cache", "export", _directory["bundle"]);

        var listing = Tool.Run("tar", "/", ["tzf", _directory["bundle"]]);

        Assert.Equal(0, listing.ExitCode);
        Assert.All(listing.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Matches("^(blobs|results)/[0-9a-f]{2}/[0-9a-f]{64}$", l));
    }

    [Fact]
    public void A_file_that_is_no_bundle_is_answered_with_an_error()
    {
        var clone = Clone();
        clone.Write("text", "this is no bundle");

        var (garbage, nothing) = (clone.Run("cache", "import", clone["text"]), clone.Run("cache", "import", clone["nothing"]));

        Assert.Equal((1, 2), (garbage.ExitCode, nothing.ExitCode));
        Assert.Contains("error BPFI1059:", garbage.Errors, StringComparison.Ordinal);
        Assert.Contains("error BPFI1058:", nothing.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_in_a_directory_that_is_not_there_is_the_fault_of_its_name_and_not_of_the_cache()
    {
        var export = checkouts.New().Run("cache", "export", _directory["nowhere/bundle"]);

        Assert.Equal(2, export.ExitCode);
        Assert.Equal($"error BPFI1063: {_directory["nowhere/bundle"]} cannot be written: there is no such directory\n", export.Errors);
    }

    private Checkout Clone()
    {
        var clone = new Checkout(_directory["elsewhere/deeper/clone"], _directory["other cache"]);
        clone.AddFixture("tiny");
        clone.Configure(TinyCheckouts.Workspaces);
        return clone;
    }

    private static void Succeed(Checkout checkout, params string[] arguments)
    {
        var result = checkout.Run(arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}
