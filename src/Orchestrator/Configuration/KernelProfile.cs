using System.Collections.Immutable;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>
/// A kernel that objects are made for: the oldest one that is to load them. It is a set of defaults, each of which a variant
/// can override, and nothing else: two profiles with the same defaults make the same actions, and so share every step.
/// <para>
/// What decides: jumps for less-than (cpu v2) came with 4.14, calls between BPF functions with 4.16, global data and programs of more than 4,096
/// instructions with 5.2, bounded loops with 5.3, atomic operations other than additions, and their results, with 5.12, functions of the kernel's that programs
/// may call with 5.13, cpu v4 with 6.6, loads that acquire and
/// stores that release with 6.15. Jumps on 32 bits (cpu v3) came with 5.1, but until 5.10 the verifier knew little of the bounds of 32-bit
/// values, and refused programs for cpu v3 that it takes for v2. The tests boot 5.10, 6.1 and 6.12; what is said of other kernels is what
/// is known of their history.
/// </para>
/// </summary>
/// <param name="Name">How <c>bpfincr.json</c> names it: the version, such as <c>5.10</c>, or <c>latest</c>.</param>
/// <param name="Version">The kernel's version; for <c>latest</c> one that is above all others.</param>
/// <param name="Defaults">What a variant for it is unless the variant says otherwise.</param>
internal sealed record KernelProfile(string Name, Version Version, VariantSettings Defaults)
{
    /// <summary>Every profile, the oldest kernel first.</summary>
    public static readonly ImmutableArray<KernelProfile> All =
    [
        Of("4.15", BpfCpu.V2, InlinePolicy.All, AtomicSupport.Add, isBefore5: true),
        Of("4.19", BpfCpu.V2, InlinePolicy.Calls, AtomicSupport.Add, isBefore5: true),
        Of("5.4", BpfCpu.V2, InlinePolicy.Calls, AtomicSupport.Add),
        Of("5.10", BpfCpu.V3, InlinePolicy.Calls, AtomicSupport.Add),
        Of("5.15", BpfCpu.V3, InlinePolicy.Calls, AtomicSupport.Fetch),
        Of("6.1", BpfCpu.V3, InlinePolicy.Calls, AtomicSupport.Fetch),
        Of("6.6", BpfCpu.V4, InlinePolicy.Calls, AtomicSupport.Fetch),
        Of("6.12", BpfCpu.V4, InlinePolicy.Calls, AtomicSupport.Fetch),
        Of(Latest, BpfCpu.V4, InlinePolicy.Calls, AtomicSupport.Ordered),
    ];

    private const string Latest = "latest";
    private const int InstructionsBefore5 = 4096;

    private static KernelProfile Of(string name, BpfCpu cpu, InlinePolicy inline, AtomicSupport atomics, bool isBefore5 = false) => new(
        name,
        name == Latest ? new Version(int.MaxValue, 0) : Version.Parse(name),
        new VariantSettings
        {
            Cpu = cpu, Inline = inline, Unroll = isBefore5, GlobalData = !isBefore5, Loops = !isBefore5, Atomics = atomics, KernelFunctions = atomics != AtomicSupport.Add,
            MaxInstructions = isBefore5 ? InstructionsBefore5 : null,
        });
}
