using System.Collections.Immutable;

namespace BpfIncr.Stages.Rustc;

/// <summary>How a toolchain comes to BPF bitcode.</summary>
public enum ToolchainMode
{
    /// <summary>The toolchain has a prebuilt <c>core</c> for the BPF target.</summary>
    Bpf,

    /// <summary>The toolchain has Rust's sources: <c>core</c> is built for the BPF target by cargo's <c>-Z build-std</c>.</summary>
    BuildStd,

    /// <summary>Any toolchain: the code is compiled for the host and its bitcode is retargeted in the patch stage.</summary>
    Host,
}

/// <summary>One rustc with its cargo and its LLVM, selected for a build.</summary>
/// <param name="Mode">How it comes to BPF bitcode.</param>
/// <param name="Rustc">Absolute path of rustc.</param>
/// <param name="Cargo">Absolute path of cargo.</param>
/// <param name="Sysroot">What <c>rustc --print sysroot</c> says.</param>
/// <param name="Triple">The target that cargo is asked to build for.</param>
/// <param name="Version">The text of <c>rustc -vV</c>.</param>
/// <param name="Llvm">Absolute path of the libLLVM that rustc itself uses.</param>
/// <param name="IdentityFiles">
/// The files whose content is the toolchain's identity: the compiler's driver, libLLVM and the target's libraries.
/// </param>
public sealed record Toolchain(
    ToolchainMode Mode,
    string Rustc,
    string Cargo,
    string Sysroot,
    string Triple,
    string Version,
    string Llvm,
    ImmutableArray<string> IdentityFiles)
{
    /// <summary>The first line of <see cref="Version"/>, such as <c>rustc 1.96.0</c>.</summary>
    public string ShortVersion => string.Join(' ', Version.Split('\n')[0].Split(' ').Take(2));

    /// <summary>LLVM's version, as rustc tells it.</summary>
    public string LlvmVersion => Field("LLVM version");

    /// <summary>The triple of the machine that rustc runs on.</summary>
    public string Host => Field("host");

    private string Field(string name) =>
        Version.Split('\n').FirstOrDefault(l => l.StartsWith($"{name}: ", StringComparison.Ordinal))?[(name.Length + 2)..].Trim()
        ?? "unknown";
}
