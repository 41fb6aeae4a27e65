using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reuse;

/// <summary>A cache that is damaged or cannot be written, and sources that change: rustc runs, and nothing wrong is kept.</summary>
public sealed class CrateFailureTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Checkout _checkout;

    public CrateFailureTests()
    {
        _checkout = new Checkout(_directory["work"], _directory["cache"]);
        Library.Write(_checkout);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Damaged_outputs_are_made_again_with_a_warning()
    {
        _checkout.Build().Succeeded();
        foreach (var blob in Directory.EnumerateFiles(Path.Combine(_checkout.Cache, "v1/blobs"), "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(blob, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(blob, "damaged");
        }
        Directory.Delete(_checkout["target"], recursive: true);

        var build = _checkout.Build().Succeeded();

        Assert.Equal(Library.AllCompiled, Library.Crates(build));
        Assert.Contains("BPFI1051", build.Errors, StringComparison.Ordinal);
        ForgetProbes();
        Assert.Equal(Library.AllFound, Library.Crates(_checkout.Build().Succeeded()));
    }

    [Fact]
    public void Lost_outputs_are_made_again()
    {
        _checkout.Build().Succeeded();
        Directory.Delete(Path.Combine(_checkout.Cache, "v1/blobs"), recursive: true);
        ForgetProbes();
        Assert.Equal(Library.AllCompiled, Library.Crates(_checkout.Build().Succeeded()));
        ForgetProbes();

        Assert.Equal(Library.AllFound, Library.Crates(_checkout.Build().Succeeded()));
    }

    [Fact]
    public void A_source_that_changes_while_its_crate_is_compiled_is_not_kept_for_what_it_was()
    {
        // The proc macro runs while the crate that calls it is being compiled: sooner than any person could, it edits what
        // has been read already.
        _checkout.Write("macros/src/lib.rs", """
            #[proc_macro]
            pub fn number(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
                let edited = std::path::Path::new("edited");
                if !edited.exists() {
                    std::fs::write(edited, "").unwrap();
                    let text = std::fs::read_to_string("user/src/lib.rs").unwrap();
                    std::fs::write("user/src/lib.rs", text.replace("+ 40", "+ 50")).unwrap();
                }
                format!("{}u32", naming::number()).parse().unwrap()
            }
            """);
        _checkout.Replace("Cargo.toml", "\"table\"", "\"table\", \"user\"");
        _checkout.Write("user/Cargo.toml", "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nmacros = { path = \"../macros\" }\n");
        _checkout.Write("user/src/lib.rs", "#![no_std]\npub const USED: u32 = macros::number!() + 40;\n");
        _checkout.Replace("probes/one/Cargo.toml", "[dependencies]", "[dependencies]\nuser = { path = \"../../user\" }");
        _checkout.Replace("probes/one/src/main.rs", "macros::number!()", "user::USED");

        _checkout.Build().Succeeded();
        var fifty = File.ReadAllBytes(_checkout.ObjectOf("one"));
        ForgetProbes();
        _checkout.Replace("user/src/lib.rs", "+ 50", "+ 40");
        _checkout.Build().Succeeded();
        var forty = File.ReadAllBytes(_checkout.ObjectOf("one"));
        ForgetProbes();
        _checkout.Replace("user/src/lib.rs", "+ 40", "+ 50");
        _checkout.Build().Succeeded();

        Assert.NotEqual(fifty, forty);
        Assert.Equal(fifty, File.ReadAllBytes(_checkout.ObjectOf("one")));
    }

    [Fact]
    public void An_error_in_a_crate_is_shown_once_and_nothing_of_it_is_kept()
    {
        _checkout.Build().Succeeded();
        ForgetProbes();
        _checkout.Replace("kit/src/lib.rs", "{ 2 } else { 1 }", "{ 2 } else { \"text\" }");

        var build = _checkout.Build();

        Assert.Equal(1, build.ExitCode);
        Assert.Equal(2, build.Errors.Split("mismatched types").Length);
        Assert.Equal(1, _checkout.Build().ExitCode);
        _checkout.Replace("kit/src/lib.rs", "\"text\"", "1");
        Assert.Contains("kit (library): ActionCache", Library.Crates(_checkout.Build().Succeeded()), StringComparison.Ordinal);
    }

    // The results of probes are forgotten, and cargo's directory is gone: what is found then is crates.
    private void ForgetProbes()
    {
        foreach (var result in Directory.EnumerateFiles(Path.Combine(_checkout.Cache, "v1/results"), "*", SearchOption.AllDirectories))
            if (File.ReadAllText(result).Contains("--bin=", StringComparison.Ordinal))
                File.Delete(result);
        if (Directory.Exists(_checkout["target"]))
            Directory.Delete(_checkout["target"], recursive: true);
    }
}
