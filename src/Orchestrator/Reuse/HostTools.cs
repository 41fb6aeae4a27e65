using System.Runtime.InteropServices;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>
/// What makes programs for this machine out of what rustc compiles: the C compiler and the linker that it calls, the C
/// library, and Rust's standard library. Build scripts and proc macros depend on them, and run nowhere where they differ.
/// </summary>
internal static class HostTools
{
    private static readonly string[] Libraries = ["libc.so.6", "libgcc_s.so.1"];

    private static readonly string[] LibraryDirectories =
    [
        $"/lib/{Architecture}-linux-gnu", $"/usr/lib/{Architecture}-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
    ];

    private static string Architecture => RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "aarch64" : "x86_64";

    /// <summary>One text for all of it.</summary>
    public static string Identity(Toolchain toolchain, FileTable files)
    {
        var tools = ((string[])["cc", "ld"]).Select(Find)
            .Concat(Libraries.Select(l => LibraryDirectories.Select(d => Path.Combine(d, l)).FirstOrDefault(File.Exists)))
            .Select(p => (p is null ? null : files.DigestOf(p)?.Hash) ?? "missing");
        return Digest.OfText(string.Join('\n', tools.Concat(StandardLibrary(toolchain)))).Short;
    }

    /// <summary>Where a program of that name is; null when it is nowhere on the path.</summary>
    public static string? Find(string program) => program.Contains('/', StringComparison.Ordinal)
        ? program
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);

    // The names hold a hash of what each library was made from, and reading them all would take longer than most builds.
    private static IEnumerable<string> StandardLibrary(Toolchain toolchain)
    {
        var directory = new DirectoryInfo(Path.Combine(toolchain.Sysroot, "lib", "rustlib", toolchain.Host, "lib"));
        return directory.Exists
            ? directory.EnumerateFiles().Select(f => $"{f.Name} {f.Length}").Order(StringComparer.Ordinal)
            : [];
    }
}
