using System.Collections.Immutable;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>Looks at the workspace: toolchain, packages, probes.</summary>
/// <param name="index">What this machine remembers.</param>
/// <param name="files">What is there now.</param>
/// <param name="programs">Who is asked otherwise.</param>
/// <param name="trusted">Whether nothing but sources can have changed since toolchain and packages were last looked at.</param>
internal sealed class SnapshotBuilder(IndexDatabase index, FileTable files, IPrograms programs, bool trusted = false)
{
    /// <summary>A snapshot, or what is wrong with the workspace.</summary>
    public (Snapshot? Snapshot, ImmutableArray<Diagnostic> Errors) Build(Settings settings)
    {
        // What the configuration said is part of what the pass saw.
        files.DigestOf(settings.File);
        var memo = new Memo(index, files, trusted);
        var candidates = ToolchainSelection.Candidates(settings, memo, files, programs);
        if (ToolchainSelection.Select(candidates, files) is not { } toolchain)
            return (null, [NoToolchain(candidates)]);
        var errors = new LlvmOptionCheck(settings, toolchain.Toolchain.Llvm, memo, programs).Run().ToBuilder();
        var metadata = new CargoMetadata(memo, files, programs, toolchain.Toolchain);
        var workspaces = new List<CargoWorkspace>();
        foreach (var directory in settings.Workspaces)
        {
            var (workspace, error) = metadata.Read(directory);
            if (workspace is null)
                errors.Add(error!);
            else
                workspaces.Add(workspace);
        }
        var discovery = new ProbeDiscovery(settings, toolchain.Toolchain);
        var probes = workspaces.SelectMany(discovery.Find).OrderBy(p => p.Name, StringComparer.Ordinal).ToImmutableArray();
        // What a workspace that cannot be read would have cannot be missed.
        if (workspaces.Count == settings.Workspaces.Length)
            errors.AddRange(discovery.Check(workspaces, probes));
        return errors.Count == 0
            ? (new Snapshot(settings, toolchain, probes, new RustcActions(settings, toolchain, files)), [])
            : (null, errors.ToImmutable());
    }

    /// <summary>What is said when no candidate can be used.</summary>
    public static Diagnostic NoToolchain(List<ToolchainCandidate> candidates)
    {
        var seen = candidates.Count == 0
            ? "no rustc was found on the path"
            : string.Join("; ", candidates.Select(c => $"{c.Rustc}: {c.Verdict}"));
        return Diagnostic.Error(
            "BPFI1030", $"there is no Rust toolchain to compile with: {seen}",
            "on Debian: apt-get install rustc-web cargo-web libstd-rust-web-dev-bpf; then look at: bpfincr doctor");
    }
}
