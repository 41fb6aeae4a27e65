using System.Collections.Immutable;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What the workspace looks like at one moment: what is to be built, with what.</summary>
/// <param name="Settings">The configuration.</param>
/// <param name="Toolchain">The toolchain, with its identities.</param>
/// <param name="Probes">Every probe, by name.</param>
/// <param name="Actions">The keys of the rustc stage.</param>
internal sealed record Snapshot(
    Settings Settings, SelectedToolchain Toolchain, ImmutableArray<Probe> Probes, RustcActions Actions);

/// <summary>What part of a snapshot is asked for, and how.</summary>
/// <param name="Probes">Names of the probes; empty for all.</param>
/// <param name="Variants">Names of the variants; empty for all.</param>
/// <param name="Jobs">How many tools at once.</param>
/// <param name="KeepGoing">Whether other probes go on after one failed.</param>
internal sealed record PassRequest(
    ImmutableArray<string> Probes, ImmutableArray<string> Variants, int Jobs, bool KeepGoing)
{
    /// <summary>Whether a probe is asked for.</summary>
    public bool Wants(Probe probe) => Probes.IsEmpty || Probes.Contains(probe.Name);

    /// <summary>Whether a variant is asked for.</summary>
    public bool WantsVariant(string variant) => Variants.IsEmpty || Variants.Contains(variant);
}
