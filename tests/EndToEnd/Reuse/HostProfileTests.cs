using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reuse;

/// <summary>How build scripts and proc macros are compiled: fast, unless the user's profile says otherwise.</summary>
public sealed class HostProfileTests : IDisposable
{
    private const string Profile = "[profile.release.build-override]\ndebug = 1\n";

    private readonly TestDirectory _directory = new();
    private readonly Checkout _checkout;

    public HostProfileTests()
    {
        _checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        Library.Write(_checkout);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_runs_on_this_machine_has_no_debug_info_and_probes_have_theirs()
    {
        _checkout.Build().Succeeded();

        Assert.False(HasDebugInfo("libmacros-*.so") || HasDebugInfo("build_script_build-*"));
        Assert.Contains(".BTF.ext", ElfSections.Of(File.ReadAllBytes(_checkout.ObjectOf("one"))).Keys);
    }

    [Theory]
    [InlineData("Cargo.toml", "")]
    [FurtherData(".cargo/config.toml", "")]
    [FurtherData("", "1")]
    public void Whoever_says_otherwise_is_heard(string file, string variable)
    {
        if (file.Length > 0)
            Append(file);

        const string Variable = "CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_DEBUG";
        _checkout.BuildWith(variable.Length > 0 ? [(Variable, variable)] : []).Succeeded();

        Assert.True(HasDebugInfo("libmacros-*.so") && HasDebugInfo("build_script_build-*"));
    }

    [Fact]
    public void A_word_of_the_users_compiles_them_anew_and_gives_the_same_objects()
    {
        _checkout.Build().Succeeded();
        var objects = _checkout.Objects();
        Append("Cargo.toml");

        var build = _checkout.Build().Succeeded();

        Assert.Equal(
            """
            macros (proc macro): Executed
            naming (library): Executed
            table (build script): Executed
            table (library): Executed
            """, Library.Crates(build));
        Assert.Equal(objects, _checkout.Objects());
    }

    private void Append(string file) =>
        _checkout.Write(file, (File.Exists(_checkout[file]) ? File.ReadAllText(_checkout[file]) : "") + "\n" + Profile);

    // What is made for this machine lies beside the directory of the target, not in it.
    private bool HasDebugInfo(string pattern)
    {
        var release = _checkout["target/bpf/cargo/root/release"];
        var file = Directory.EnumerateFiles(release, pattern, SearchOption.AllDirectories)
            .First(f => Path.GetExtension(f) is ".so" or "");
        return ElfSections.Of(File.ReadAllBytes(file)).ContainsKey(".debug_info");
    }
}
