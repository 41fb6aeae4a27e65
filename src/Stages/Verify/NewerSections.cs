namespace BpfIncr.Stages.Verify;

/// <summary>
/// What sections say of programs that Debian's libbpf, 1.1, does not know yet and the kernels that are checked do; types and
/// attach types have their numbers in <c>linux/bpf.h</c>.
/// </summary>
internal static class NewerSections
{
    private const int Kprobe = 2;
    private const int SchedCls = 3;
    private const int CgroupSockAddr = 18;
    private const int Netfilter = 32;

    private static readonly (string Name, int Type, string TypeName, int AttachType)[] Known =
    [
        ("netfilter", Netfilter, "netfilter", 45),
        ("tcx/ingress", SchedCls, "sched_cls", 46),
        ("tcx/egress", SchedCls, "sched_cls", 47),
        ("uprobe.multi", Kprobe, "kprobe", 48),
        ("uretprobe.multi", Kprobe, "kprobe", 48),
        ("cgroup/connect_unix", CgroupSockAddr, "cgroup_sock_addr", 49),
        ("cgroup/sendmsg_unix", CgroupSockAddr, "cgroup_sock_addr", 50),
        ("cgroup/recvmsg_unix", CgroupSockAddr, "cgroup_sock_addr", 51),
        ("cgroup/getpeername_unix", CgroupSockAddr, "cgroup_sock_addr", 52),
        ("cgroup/getsockname_unix", CgroupSockAddr, "cgroup_sock_addr", 53),
        ("netkit/primary", SchedCls, "sched_cls", 54),
        ("netkit/peer", SchedCls, "sched_cls", 55),
        ("kprobe.session", Kprobe, "kprobe", 56),
        ("uprobe.session", Kprobe, "kprobe", 57),
    ];

    /// <summary>The numbers of a program's type and attach type; null when the section is none of these.</summary>
    public static (int Type, int AttachType)? Find(string section) =>
        Known.FirstOrDefault(known => Matches(section, known.Name)) is { Name: not null } found ? (found.Type, found.AttachType) : null;

    /// <summary>The name of a program type; null when it is none of these.</summary>
    public static string? NameOf(int type) => Known.FirstOrDefault(known => known.Type == type).TypeName;

    // What the program attaches to may follow.
    private static bool Matches(string section, string name) =>
        section.StartsWith(name, StringComparison.Ordinal) && (section.Length == name.Length || section[name.Length] == '/');
}
