using System.Collections.Immutable;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>The finished objects of probes, and which of them a kernel is asked about.</summary>
/// <param name="snapshot">The workspace.</param>
/// <param name="request">Which probes and variants.</param>
/// <param name="notBuilt">The objects, as <c>probe/variant</c>, that could not be built; those of an earlier build may still be there.</param>
internal sealed class ProbeObjects(Snapshot snapshot, PassRequest request, ImmutableArray<string> notBuilt)
{
    /// <summary>The objects, as <c>probe/variant</c>, that could not be built: no kernel is asked about them.</summary>
    public ImmutableArray<string> NotBuilt => notBuilt;

    /// <summary>Absolute path of the libLLVM that made them.</summary>
    public string Llvm => snapshot.Toolchain.Toolchain.Llvm;

    /// <summary>The objects of all variants: what is made for an old kernel has to load into a new one.</summary>
    public ImmutableArray<CheckedObject> All() => Of(probe => snapshot.VariantsOf(probe, request));

    /// <summary>
    /// The objects that are meant for a kernel: of each probe those of the variants with the newest <c>kernel</c> that is not newer than it.
    /// Of a probe whose variants name no kernel, those of all; of one that is only for newer ones, none.
    /// </summary>
    public ImmutableArray<CheckedObject> For(Version kernel) => Of(probe => VariantsFor(probe, kernel));

    /// <summary>The names of the probes that are only for newer kernels.</summary>
    public IEnumerable<string> NotFor(Version kernel) =>
        snapshot.Asked(request).Select(p => p.Name).Where(p => !VariantsFor(p, kernel).Any()).Order(StringComparer.Ordinal);

    private IEnumerable<string> VariantsFor(string probe, Version kernel)
    {
        var variants = snapshot.VariantsOf(probe, request);
        var named = variants.Where(v => KernelOf(v) is not null).ToList();
        var newest = named.Select(KernelOf).Where(k => k <= kernel).Max();
        return named.Count == 0 ? variants : named.Where(v => KernelOf(v) == newest);
    }

    private Version? KernelOf(string variant) => snapshot.Settings.Variants[variant].Kernel?.Version;

    // Those of a variant stand together.
    private ImmutableArray<CheckedObject> Of(Func<string, IEnumerable<string>> variantsOf) =>
    [
        .. from probe in snapshot.Asked(request)
           let isForAya = AyaLibrary.IsAmong(probe.Unit.Workspace.Closure([probe.Package]))
           from variant in variantsOf(probe.Name)
           orderby variant, probe.Name
           let name = $"{probe.Name}/{variant}"
           where !notBuilt.Contains(name)
           let path = snapshot.Settings.ObjectOf(variant, probe.Name)
           select new CheckedObject(name, path, Digest.OfFile(path)) { IsForAya = isForAya },
    ];
}
