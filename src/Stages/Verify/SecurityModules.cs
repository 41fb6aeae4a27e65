namespace BpfIncr.Stages.Verify;

/// <summary>The kernel's security modules. Without <c>bpf</c> among them, a kernel runs no LSM program.</summary>
internal static class SecurityModules
{
    /// <summary>The file that lists them, where securityfs is mounted.</summary>
    public const string ListFile = "/sys/kernel/security/lsm";

    private const string Bpf = "bpf";

    /// <summary>The running kernel's list in its own words, such as <c>lockdown,capability,bpf</c>; null when it cannot be known.</summary>
    public static string? Read()
    {
        try
        {
            return File.ReadAllText(ListFile).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What to do about an LSM program that a kernel with this list does not permit.</summary>
    public static string HintFor(string? list) => list is null
        ? $"LSM programs need bpf among the kernel's security modules: see {ListFile}. A missing capability or a lockdown can be the cause, too."
        : list.Split(',').Contains(Bpf)
            ? $"bpf is among the kernel's security modules ({list}), so something else forbids it: a missing capability, a lockdown or a sandbox."
            : $"The kernel lacks bpf in its list of security modules ({list}) and runs no LSM program: boot it with lsm={list},{Bpf}. "
            + "If it is still not permitted, a missing capability or a lockdown can be the cause.";
}
