using System.Runtime.InteropServices;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Verify;

/// <summary>Where libbpf is, and which one a loader has.</summary>
public static unsafe class LibbpfLibrary
{
    // Debian's directories for this machine's libraries come first, as they do for the dynamic linker.
    private static readonly string[] Directories =
        [$"/lib/{Triplet}", $"/usr/lib/{Triplet}", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"];

    private static string Triplet => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

    /// <summary>Absolute path of the library; null when it is not installed.</summary>
    public static string? Find() => Directories.Select(static directory => Path.Combine(directory, Libbpf.Library)).FirstOrDefault(File.Exists);

    /// <summary>The version of the loaded library, such as <c>v1.1</c>.</summary>
    internal static string Version => LlvmText.Borrow(Libbpf.libbpf_version_string());

    /// <summary>Binds this process to a library: whoever asks for it by its short name gets this one from now on.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded.</exception>
    internal static void Load(string path) => NativeLibrary.Load(path);
}
