using System.Collections.Immutable;

namespace BpfIncr.Orchestrator.Verify.Boot;

/// <summary>Where Debian has a kernel: a series of versions, and the suite of its archive that has the newest one of it.</summary>
/// <param name="Name">What <c>--boot</c> calls it.</param>
/// <param name="Suite">The suite.</param>
/// <param name="IsSecurity">Whether the suite is one of the security archive.</param>
/// <param name="Version">Its version; for <c>newest</c> one that is above all others.</param>
internal sealed record KernelSource(string Name, string Suite, bool IsSecurity, Version Version)
{
    /// <summary>Every kernel that can be booted, the oldest first.</summary>
    public static readonly ImmutableArray<KernelSource> All =
    [
        new("5.10", "bullseye-security", true, new Version(5, 10)),
        new("6.1", "bookworm", false, new Version(6, 1)),
        new("6.12", "bookworm-backports", false, new Version(6, 12)),
        new("newest", "testing", false, new Version(int.MaxValue, 0)),
    ];

    /// <summary>
    /// What the names of its packages match: the kernels for virtual machines, which have few modules and boot fast. In newer
    /// suites <c>linux-image</c> is empty and needs <c>linux-binary</c>.
    /// </summary>
    public string PackagePattern => Name == "newest"
        ? "^linux-binary-[0-9][^ ]*-cloud-amd64$"
        : $@"^linux-image-{Name.Replace(".", @"\.", StringComparison.Ordinal)}\.[^ ]*-cloud-amd64$";
}
