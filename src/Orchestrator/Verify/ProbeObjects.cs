using System.Collections.Immutable;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>The finished objects of probes, and which of them a kernel is asked about.</summary>
/// <param name="snapshot">The workspace.</param>
/// <param name="request">Which probes and variants.</param>
internal sealed class ProbeObjects(Snapshot snapshot, PassRequest request)
{
    /// <summary>Absolute path of the libLLVM that made them.</summary>
    public string Llvm => snapshot.Toolchain.Toolchain.Llvm;

    /// <summary>The objects of all variants: what is made for an old kernel has to load into a new one.</summary>
    public ImmutableArray<CheckedObject> All() => [.. Of(snapshot.Settings.Variants.Keys)];

    /// <summary>
    /// The objects that are meant for a kernel: those of the variant with the newest <c>kernel</c> that is not newer than it.
    /// Where no variant names a kernel, those of all; where all are for newer ones, none.
    /// </summary>
    public ImmutableArray<CheckedObject> For(Version kernel)
    {
        var named = snapshot.Settings.Variants.Where(v => v.Value.Kernel is not null && request.WantsVariant(v.Key)).ToList();
        if (named.Count == 0)
            return All();
        return [.. Of(named.Where(v => v.Value.Kernel!.Version <= kernel).OrderBy(v => v.Value.Kernel!.Version).TakeLast(1).Select(v => v.Key))];
    }

    private IEnumerable<CheckedObject> Of(IEnumerable<string> variants) =>
        from variant in variants.Where(request.WantsVariant)
        from probe in snapshot.Probes.Where(request.Wants).OrderBy(p => p.Name, StringComparer.Ordinal)
        let path = Path.Combine(snapshot.Settings.Output, variant, $"{probe.Name}.o")
        select new CheckedObject($"{probe.Name}/{variant}", path, Digest.OfFile(path));
}
