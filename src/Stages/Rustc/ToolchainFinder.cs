using System.Collections.Immutable;

namespace BpfIncr.Stages.Rustc;

/// <summary>What was looked at for a toolchain, and why it was taken or not.</summary>
/// <param name="Rustc">The program.</param>
/// <param name="Verdict">One clause for a person.</param>
/// <param name="Toolchain">The toolchain it makes, or null.</param>
public sealed record ToolchainCandidate(string Rustc, string Verdict, Toolchain? Toolchain);

/// <summary>
/// Selects a toolchain: the first one with a prebuilt BPF <c>core</c>, else the first one with the sources to build one, else the
/// first one at all, in host mode. Candidates are every <c>rustc</c> on the path and <c>/usr/bin/rustc</c>; but where the
/// configuration names one, or else <c>$RUSTC</c>, no other is looked at.
/// </summary>
public sealed class ToolchainFinder(string directory, string? configuredRustc, ToolchainMode? wantedMode)
{
    private const string BpfTriple = "bpfel-unknown-none";
    private const string Variable = "RUSTC";

    // Where rustup's component rust-src, or Debian's package rust-web-src, is below a sysroot.
    private const string Source = "lib/rustlib/src/rust/library";

    /// <summary>
    /// Whether all that was asked has ended by itself. Otherwise (a rustc was killed because memory was short, or took too long) the
    /// next look may find another toolchain.
    /// </summary>
    public bool IsFinal { get; private set; } = true;

    /// <summary>Who says which rustc it has to be; null when the best one is looked for.</summary>
    public static string? PinnedBy(string? configuredRustc) =>
        configuredRustc is not null ? "\"toolchain\" in bpfincr.json" : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } ? $"${Variable}" : null;

    /// <summary>Candidates in order of preference; the first with a toolchain is the one to use.</summary>
    /// <param name="all">Whether to go on looking when the best kind of toolchain is found.</param>
    public ImmutableArray<ToolchainCandidate> Find(bool all)
    {
        var candidates = new List<ToolchainCandidate>();
        foreach (var program in Programs().DistinctBy(RealPath))
        {
            candidates.AddRange(Examine(program));
            if (!all && candidates.Exists(c => c.Toolchain?.Mode == ToolchainMode.Bpf))
                break;
        }
        return [.. candidates.Where(c => c.Toolchain is not null).OrderBy(c => c.Toolchain!.Mode), .. candidates.Where(c => c.Toolchain is null)];
    }

    /// <summary>The paths that are asked, whether or not something is there; a change at one of them can change the choice.</summary>
    public IEnumerable<string> Programs()
    {
        var variable = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : null;
        if ((configuredRustc ?? (variable?.Contains('/', StringComparison.Ordinal) == true ? variable : null)) is { } named)
            return [Path.GetFullPath(named, directory)];
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Append("/usr/bin")
            .Select(d => Path.GetFullPath(Path.Combine(d, variable ?? "rustc"), directory)).Distinct(StringComparer.Ordinal);
    }

    /// <summary>The directories of a sysroot where something that is installed later gives it another mode.</summary>
    public static IEnumerable<string> ModeDirectories(string sysroot) => [LibrariesOf(sysroot, BpfTriple), Path.Combine(sysroot, Source)];

    // /bin is a link to /usr/bin on most systems; the same program is one candidate.
    private static string RealPath(string program)
    {
        var directory = Path.GetDirectoryName(program)!;
        var target = Directory.Exists(directory) ? new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true) : null;
        return Path.Combine(target?.FullName ?? directory, Path.GetFileName(program));
    }

    private IEnumerable<ToolchainCandidate> Examine(string program)
    {
        if (!File.Exists(program))
            return PinnedBy(configuredRustc) is null ? [] : [new(program, "there is no such file", null)];
        if (Ask(program, "--print", "sysroot")?.Trim() is not { Length: > 0 } sysroot)
            return [new(program, IsFinal ? "it does not answer" : "it was killed, or took too long to answer", null)];
        var rustc = Path.Combine(sysroot, "bin", "rustc");
        var cargo = Path.Combine(sysroot, "bin", "cargo");
        if (Ask(rustc, "-vV") is not { } version)
            return [new(program, $"its sysroot {sysroot} has no working bin/rustc", null)];
        if (!File.Exists(cargo))
            return [new(program, $"its sysroot {sysroot} has no bin/cargo", null)];
        if (Libraries(rustc) is not { Llvm: { } llvm } libraries)
            return [new(program, "it uses no shared libLLVM", null)];
        return Modes(sysroot).Select(mode => Candidate(program, mode, sysroot, version, llvm, libraries.Driver));
    }

    private string? Ask(string program, params string[] arguments)
    {
        var answer = ToolProcess.Ask(program, directory, out var isFinal, arguments);
        IsFinal &= isFinal;
        return answer;
    }

    private static IEnumerable<ToolchainMode> Modes(string sysroot)
    {
        if (CoreOf(sysroot, BpfTriple).Any())
            yield return ToolchainMode.Bpf;
        if (Directory.Exists(Path.Combine(sysroot, Source, "core")))
            yield return ToolchainMode.BuildStd;
        yield return ToolchainMode.Host;
    }

    private ToolchainCandidate Candidate(
        string program, ToolchainMode mode, string sysroot, string version, string llvm, string? driver)
    {
        var rustc = Path.Combine(sysroot, "bin", "rustc");
        var identity = new List<string> { rustc, llvm };
        if (driver is not null)
            identity.Add(driver);
        var toolchain = new Toolchain(
            mode, rustc, Path.Combine(sysroot, "bin", "cargo"), sysroot, BpfTriple, version, llvm, []);
        if (mode == ToolchainMode.Host)
            toolchain = toolchain with { Triple = toolchain.Host };
        identity.AddRange(mode == ToolchainMode.BuildStd
            ? [Path.Combine(sysroot, Source, "Cargo.lock")]
            : CoreOf(sysroot, toolchain.Triple));
        toolchain = toolchain with { IdentityFiles = [.. identity.Order(StringComparer.Ordinal)] };
        var rejected = wantedMode is { } wanted && wanted != mode;
        return new(program, rejected ? $"its {Describe(mode)} is not the mode asked for" : Describe(mode), rejected ? null : toolchain);
    }

    private static string Describe(ToolchainMode mode) => mode switch
    {
        ToolchainMode.Bpf => "prebuilt BPF core",
        ToolchainMode.BuildStd => "rust-src: builds BPF core itself",
        _ => "host mode: bitcode for the host, retargeted",
    };

    // The libraries that a BPF program can link: core and what belongs to it.
    private static IEnumerable<string> CoreOf(string sysroot, string triple)
    {
        var directory = LibrariesOf(sysroot, triple);
        return Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, "*.rlib").Where(f => IsCore(Path.GetFileName(f)))
            : [];
    }

    private static string LibrariesOf(string sysroot, string triple) => Path.Combine(sysroot, "lib", "rustlib", triple, "lib");

    private static bool IsCore(string name) =>
        name.StartsWith("libcore-", StringComparison.Ordinal)
        || name.StartsWith("liballoc-", StringComparison.Ordinal)
        || name.StartsWith("libcompiler_builtins-", StringComparison.Ordinal);

    private (string? Llvm, string? Driver) Libraries(string rustc)
    {
        // By its usual path first: the path of the environment may be empty.
        var lines = (Ask("/usr/bin/ldd", rustc) ?? Ask("ldd", rustc))?.Split('\n') ?? [];
        return (Resolve(lines, "libLLVM"), Resolve(lines, "librustc_driver"));
    }

    // "	libLLVM.so.22.1 => /lib/x86_64-linux-gnu/libLLVM.so.22.1 (0x00007f…)"
    private static string? Resolve(string[] lines, string name)
    {
        var line = lines.FirstOrDefault(l => l.TrimStart().StartsWith(name, StringComparison.Ordinal) && l.Contains("=> /", StringComparison.Ordinal));
        return line?.Split("=> ")[1].Split(" (")[0].Trim();
    }
}
