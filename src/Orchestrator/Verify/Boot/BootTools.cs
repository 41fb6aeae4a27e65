using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Verify.Boot;

/// <summary>What a machine needs to boot other kernels.</summary>
internal static class BootTools
{
    /// <summary>qemu for kernels of 64-bit PCs, which Debian's cloud kernels here are.</summary>
    public const string Machine = "/usr/bin/qemu-system-x86_64";

    /// <summary>A shell that needs no libraries.</summary>
    public const string Shell = "/bin/busybox";

    /// <summary>Names of the Debian packages that are missing.</summary>
    public static IReadOnlyList<string> Missing() =>
    [
        .. File.Exists(Machine) ? Array.Empty<string>() : ["qemu-system-x86"],
        .. File.Exists(Shell) ? Array.Empty<string>() : ["busybox-static"],
    ];

    /// <exception cref="UnusableKernelException">Something is missing.</exception>
    public static void Require(string program)
    {
        if (Missing() is { Count: > 0 } missing)
            throw new UnusableKernelException(Diagnostic.Error(
                "BPFI1112", $"other kernels cannot be booted: {string.Join(" and ", missing)} {(missing.Count == 1 ? "is" : "are")} missing",
                $"on Debian: apt-get install --no-install-recommends {string.Join(' ', missing)}"));
        if (File.Exists(Path.ChangeExtension(program, ".dll")))
            throw new UnusableKernelException(Diagnostic.Error(
                "BPFI1112", "other kernels cannot be booted: this bpfincr is not compiled to native code, and needs all of .NET", "on Debian: apt-get install clang zlib1g-dev, and publish it again"));
    }
}
