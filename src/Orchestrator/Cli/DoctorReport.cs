using System.Collections.Immutable;
using System.Text.Json.Serialization;
using BpfIncr.Cache.Signing;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Verify.Boot;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>What this machine has for the job.</summary>
/// <param name="Toolchain">The toolchain that a build uses; null when there is none.</param>
/// <param name="Candidates">Everything that was looked at for one, with the reason for or against it.</param>
/// <param name="Kernel">The running kernel's release.</param>
/// <param name="KernelBtf">Where the kernel's type information is; null when it has none.</param>
/// <param name="Bpftool">Where bpftool is, or null.</param>
/// <param name="Libbpf">Where the libbpf is that loads objects, or null.</param>
/// <param name="Cache">The cache directory.</param>
/// <param name="SharedCaches">The caches that are shared with other machines.</param>
/// <param name="SigningKey">The id of the key that signs what is built here; null when there is none.</param>
/// <param name="Configuration">The <c>bpfincr.json</c>; null when there is none.</param>
/// <param name="Advice">What would make this better.</param>
internal sealed record DoctorReport(
    DoctorToolchain? Toolchain,
    ImmutableArray<DoctorCandidate> Candidates,
    string Kernel,
    string? KernelBtf,
    string? Bpftool,
    string? Libbpf,
    string Cache,
    ImmutableArray<DoctorSharedCache> SharedCaches,
    string? SigningKey,
    string? Configuration,
    ImmutableArray<DoctorAdvice> Advice)
{
    private const string VmLinux = "/sys/kernel/btf/vmlinux";
    private static readonly string[] BpftoolPlaces = ["/usr/sbin/bpftool", "/usr/bin/bpftool", "/usr/local/sbin/bpftool"];

    /// <summary>Looks at the machine.</summary>
    /// <param name="settings">What the configuration wants.</param>
    /// <param name="candidates">What was found, the one to use first.</param>
    /// <param name="session">The session.</param>
    public static DoctorReport Of(Settings settings, IReadOnlyList<ToolchainCandidate> candidates, Session session)
    {
        var chosen = candidates.FirstOrDefault(c => c.Toolchain is not null);
        var pin = ToolchainFinder.PinnedBy(settings.Rustc);
        return new DoctorReport(
            chosen?.Toolchain is { } toolchain ? new(toolchain, Describe(toolchain.Mode)) : null,
            // What else the chosen one could do is nobody's question.
            [.. candidates.Where(c => ReferenceEquals(c, chosen) || c.Rustc != chosen?.Rustc).Select(c => new DoctorCandidate(c.Rustc, ReferenceEquals(c, chosen), Why(c, chosen, pin)))],
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            File.Exists(VmLinux) ? VmLinux : null,
            BpftoolPlaces.FirstOrDefault(File.Exists),
            LibbpfLibrary.Find(),
            session.CacheDirectory,
            [.. session.SharedCaches.For(settings).Select(t => new DoctorSharedCache(
                t.Settings.Path, t.Settings.IsReadOnly, t.Answers(), [.. t.Settings.Signers.Select(s => PublicKey.Parse(s).Id)]))],
            session.SigningKey?.Public.Id,
            File.Exists(session.ConfigurationPath) ? session.ConfigurationPath : null,
            [.. ToolchainAdvice.For(settings, candidates, pin), .. Advise()]);
    }

    private static string Why(ToolchainCandidate candidate, ToolchainCandidate? chosen, string? pin)
    {
        if (candidate.Toolchain is not { } toolchain)
            return $"cannot be used: {candidate.Verdict}";
        if (ReferenceEquals(candidate, chosen))
            return pin is null ? $"chosen: {candidate.Verdict}" : $"chosen: {candidate.Verdict}; {pin} names it";
        return toolchain.Mode == chosen!.Toolchain!.Mode
            ? $"not chosen: {candidate.Verdict}; another of this kind comes first on the path"
            : $"not chosen: {candidate.Verdict}; the chosen one's way is better ({chosen.Verdict})";
    }

    private static string Describe(ToolchainMode mode) => mode switch
    {
        ToolchainMode.Bpf => "prebuilt core for BPF",
        ToolchainMode.BuildStd => "core is built for BPF with -Z build-std",
        _ => "host mode: compiled for this machine, then retargeted to BPF",
    };

    private static IEnumerable<DoctorAdvice> Advise()
    {
        if (LibbpfLibrary.Find() is null)
            yield return new("to check objects", "apt-get install libbpf1");
        if (BootTools.Missing() is { Count: > 0 } missing)
            yield return new("to check objects in other kernels", $"apt-get install --no-install-recommends {string.Join(' ', missing)}");
    }
}

/// <summary>The toolchain that a build uses.</summary>
/// <param name="Version">rustc's version.</param>
/// <param name="Rustc">rustc's path.</param>
/// <param name="LlvmVersion">The version of its LLVM.</param>
/// <param name="Llvm">The path of its libLLVM.</param>
/// <param name="Target">The target that it compiles for.</param>
/// <param name="Mode">How it comes to BPF bitcode, as <c>toolchain.mode</c> has it.</param>
/// <param name="Way">The same in words.</param>
internal sealed record DoctorToolchain(string Version, string Rustc, string LlvmVersion, string Llvm, string Target, string Mode, string Way)
{
    public DoctorToolchain(Toolchain toolchain, string way)
        : this(
            toolchain.ShortVersion, toolchain.Rustc, toolchain.LlvmVersion, toolchain.Llvm, toolchain.Triple,
            toolchain.Mode == ToolchainMode.BuildStd ? "build-std" : toolchain.Mode.ToString().ToLowerInvariant(), way)
    {
    }
}

/// <summary>A rustc that was looked at.</summary>
/// <param name="Rustc">Its path.</param>
/// <param name="IsChosen">Whether a build uses it.</param>
/// <param name="Reason">Why, or why not.</param>
internal sealed record DoctorCandidate(string Rustc, bool IsChosen, string Reason);

/// <summary>A cache that is shared with other machines.</summary>
/// <param name="Path">Its directory.</param>
/// <param name="IsReadOnly">Whether builds only read it.</param>
/// <param name="Answers">Whether it can be read now.</param>
/// <param name="Signers">The ids of the keys whose results builds accept; none for anyone's.</param>
internal sealed record DoctorSharedCache(string Path, bool IsReadOnly, bool Answers, ImmutableArray<string> Signers);

/// <summary>Something that would help.</summary>
/// <param name="Purpose">What for.</param>
/// <param name="Action">What to do.</param>
internal sealed record DoctorAdvice(string Purpose, string Action);

[JsonSerializable(typeof(DoctorReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class DoctorJson : JsonSerializerContext;
