using System.Collections.Immutable;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Link;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What the workspace looks like at one moment: what is to be built, with what.</summary>
/// <param name="Settings">The configuration.</param>
/// <param name="Toolchain">The toolchain, with its identities.</param>
/// <param name="Probes">Every probe, by name.</param>
/// <param name="Actions">The keys of the rustc stage.</param>
internal sealed record Snapshot(
    Settings Settings, SelectedToolchain Toolchain, ImmutableArray<Probe> Probes, RustcActions Actions)
{
    /// <summary>This snapshot for another pass: nothing but the content of files is different, and those are looked at again.</summary>
    /// <param name="files">What is there now.</param>
    public Snapshot Renew(FileTable files) => this with { Actions = new RustcActions(Settings, Toolchain, files) };

    /// <summary>The probes that are asked for: those that have a variant which is, too.</summary>
    public IEnumerable<Probe> Asked(PassRequest request) => Probes.Where(p => request.Wants(p) && !VariantsOf(p.Name, request).IsEmpty);

    /// <summary>The variants of a probe that are asked for.</summary>
    public ImmutableArray<string> VariantsOf(string probe, PassRequest request) => [.. Settings.VariantsOf(probe).Where(request.WantsVariant)];

    /// <summary>Command lines like those of the stages behind rustc for a probe: what workers have to be ready for.</summary>
    public IEnumerable<ImmutableArray<string>> SampleCommands(Probe probe, PassRequest request)
    {
        yield return new LinkOptions().ToArguments();
        foreach (var settings in VariantsOf(probe.Name, request).Select(v => Settings.For(probe.Name, v)))
        {
            yield return settings.ToPatchOptions().ToArguments();
            yield return settings.ToOptimizeOptions().ToArguments();
            yield return settings.ToCodegenOptions().ToArguments();
        }
    }
}

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
