using System.Collections.Immutable;

namespace BpfIncr.Stages.Rustc;

/// <summary>What affects the rustc stage's output besides sources and toolchain; the same for all variants of a probe.</summary>
/// <param name="Mode">How the toolchain comes to BPF bitcode.</param>
/// <param name="Triple">The target.</param>
/// <param name="Features">Cargo features, as <c>package/feature</c>.</param>
/// <param name="DefaultFeatures">Whether default features are on.</param>
/// <param name="UserFlags">Further flags for rustc.</param>
public sealed record RustcOptions(
    ToolchainMode Mode,
    string Triple,
    ImmutableArray<string> Features,
    bool DefaultFeatures,
    ImmutableArray<string> UserFlags)
{
    /// <summary>Whether rustc links crates and <c>core</c> into one module and optimizes it, before the link stage sees it; not in host mode.</summary>
    public bool Lto { get; init; }

    /// <summary>Whether build scripts and proc macros have the debug info that the user's profile says; otherwise they have none.</summary>
    public bool HostDebug { get; init; }

    /// <summary>
    /// Whether Cargo's configuration asks for a <c>core</c> that cargo compiles (<c>build-std</c>), and for nothing else that is unstable.
    /// The mode says which one is taken, so cargo is not to read it.
    /// </summary>
    public bool CoreIsConfigured { get; init; }

    /// <summary>Changes whenever this stage gives something else for the same key.</summary>
    public const int StageVersion = 4;

    /// <summary>What every workspace's root directory is called in debug info, whatever it is called here.</summary>
    public const string MappedRoot = "/workspace";

    /// <summary>What cargo's target directory is called there: generated sources lie in it.</summary>
    public const string MappedTarget = "/target";

    /// <summary>What cargo's home is called there: sources of registries and repositories lie in it.</summary>
    public const string MappedCargoHome = "/cargo";

    /// <summary>Variables of the environment that would silently replace what is set here, and are therefore not passed on.</summary>
    public static readonly ImmutableArray<string> OwnedVariables =
    [
        "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_TARGET_DIR", "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL", "CARGO_MAKEFLAGS", "CARGO_TARGET_DIR", "RUSTC", RustcScript.UnstableVariable, "RUSTFLAGS",
    ];

    // Decides whether cargo takes -Z and reads the table [unstable]. RUSTC_BOOTSTRAP would do so, too, but build scripts would see it:
    // some take it for the word of the rustc that compiles their crate for this machine.
    private const string ChannelVariable = "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS";

    private static readonly string[] CargosPrefixes = ["CARGO_PKG_", "CARGO_CFG_", "CARGO_FEATURE_"];

    /// <summary>
    /// Whether cargo alone says what a variable holds, for each crate anew. One that is there before cargo is started comes from
    /// another cargo, which for instance runs a build script that starts this program.
    /// </summary>
    public static bool IsCargos(string variable) =>
        variable is "OUT_DIR" or "CARGO" or "CARGO_BIN_NAME" or "CARGO_CRATE_NAME" or "CARGO_PRIMARY_PACKAGE" || IsManifests(variable)
        || CargosPrefixes.Any(p => variable.StartsWith(p, StringComparison.Ordinal));

    /// <summary>Whether a variable says where a crate's manifest lies.</summary>
    public static bool IsManifests(string variable) => variable is "CARGO_MANIFEST_DIR" or "CARGO_MANIFEST_PATH";

    /// <summary>Makes an environment what cargo and rustc are to see, whatever is set in that of this program.</summary>
    public void Apply(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.Where(n => OwnedVariables.Contains(n) || IsCargos(n)).ToList())
            environment.Remove(name);
        foreach (var (name, value) in CargoEnvironment())
            environment[name] = value;
    }

    /// <summary>The command line of a probe's rustc action. It is what the key says; cargo is called for many at once.</summary>
    /// <param name="package">The probe's package.</param>
    /// <param name="bin">The probe's bin.</param>
    public ImmutableArray<string> ToArguments(string package, string bin) =>
    [
        "rustc", $"--stage-version={StageVersion}", $"--mode={Mode.ToString().ToLowerInvariant()}", $"--target={Triple}",
        $"--package={package}", $"--bin={bin}",
        $"--features={string.Join(',', Features.Where(f => f.StartsWith($"{package}/", StringComparison.Ordinal)))}",
        $"--default-features={DefaultFeatures}",
        .. RustFlags().Select(f => $"--rustflag={f}"),
        .. CargoEnvironment().Select(v => $"--profile={v.Key}={v.Value}"),
    ];

    /// <summary>Flags for rustc that are the same on every machine.</summary>
    public IEnumerable<string> RustFlags()
    {
        // Objects are bitcode by themselves for the BPF target; a host target needs to be told, and its vectorizers
        // would make code that BPF has no registers for.
        string[] host = ["-Clinker-plugin-lto", "-Clinker-flavor=gcc", "-Cno-vectorize-loops", "-Cno-vectorize-slp"];
        return [.. Mode == ToolchainMode.Host ? host : [], .. UserFlags];
    }

    /// <summary>
    /// The release profile as the chain needs it: no LTO unless it is asked for (our own link stage takes less time, and has the
    /// panic handler still in one piece), one object for each crate, full debug info (BTF is made from it), no unwinding. Without a
    /// word of the user's, build scripts and proc macros have no debug info, which would double the time that they take to compile.
    /// </summary>
    public IEnumerable<KeyValuePair<string, string>> CargoEnvironment() =>
    [
        new("CARGO_INCREMENTAL", "0"),
        .. HostDebug ? [] : (KeyValuePair<string, string>[])[new("CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_DEBUG", "false")],
        new("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
        new("CARGO_PROFILE_RELEASE_DEBUG", "2"),
        new("CARGO_PROFILE_RELEASE_LTO", Lto ? "fat" : "off"),
        new("CARGO_PROFILE_RELEASE_PANIC", "abort"),
        new("CARGO_PROFILE_RELEASE_STRIP", "none"),
        .. Channel is { } channel ? (KeyValuePair<string, string>[])[new(ChannelVariable, channel)] : [],
    ];

    // Null where cargo is what it is.
    private string? Channel => Mode == ToolchainMode.BuildStd ? "nightly" : CoreIsConfigured ? "stable" : null;

    /// <summary>Cargo's feature arguments.</summary>
    /// <param name="unnamed">The package whose features are not to name it; null for none.</param>
    public ImmutableArray<string> CargoFeatures(string? unnamed)
    {
        var arguments = ImmutableArray.CreateBuilder<string>();
        if (Features.Length > 0)
            arguments.Add($"--features={string.Join(',', Features.Select(f => WithoutName(f, unnamed)))}");
        if (!DefaultFeatures)
            arguments.Add("--no-default-features");
        return arguments.ToImmutable();
    }

    private static string WithoutName(string feature, string? package) =>
        package is not null && feature.StartsWith($"{package}/", StringComparison.Ordinal) ? feature[(package.Length + 1)..] : feature;
}
