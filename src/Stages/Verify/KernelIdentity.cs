namespace BpfIncr.Stages.Verify;

/// <summary>Which kernel a verdict is of: a kernel that was built again under the same release is another one.</summary>
/// <param name="Release">What <c>uname -r</c> prints, such as <c>6.1.0-56-cloud-amd64</c>.</param>
/// <param name="Version">What <c>uname -v</c> prints: number of the build, and when it was made.</param>
public sealed record KernelIdentity(string Release, string Version)
{
    /// <summary>The kernel that runs.</summary>
    public static KernelIdentity Running { get; } = new(Read("osrelease"), Read("version"));

    private static string Read(string name) => File.ReadAllText($"/proc/sys/kernel/{name}").Trim();
}
