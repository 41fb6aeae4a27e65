using System.Collections.Immutable;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>One <c>bin</c> target of a Cargo package that becomes one BPF object per variant.</summary>
/// <param name="Name">Its name: that of the bin.</param>
/// <param name="Package">The package that the bin belongs to.</param>
/// <param name="Unit">The Cargo workspace that it is built in.</param>
internal sealed record Probe(string Name, CargoPackage Package, CargoUnit Unit);

/// <summary>One Cargo workspace with the probes in it: what one cargo call can build.</summary>
/// <param name="Workspace">What cargo says of it.</param>
/// <param name="Options">How its rustc stage runs.</param>
/// <param name="TargetDirectory">Cargo's target directory for it.</param>
/// <param name="Packages">
/// The packages of all its probes. Cargo resolves features over all of them in every call, so that what a probe gets
/// does not depend on which other probes happen to be dirty.
/// </param>
internal sealed record CargoUnit(
    CargoWorkspace Workspace, RustcOptions Options, string TargetDirectory, ImmutableArray<string> Packages);
