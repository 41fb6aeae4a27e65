using System.Collections.Immutable;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>Looks at configuration, toolchain, packages and sources as they are now, and says what is wrong with them.</summary>
internal sealed class FreshLook(Session session, PassRequest request, IPrograms programs)
{
    /// <summary>Looks at everything, or at some probes; null, after saying why, when something is wrong.</summary>
    /// <param name="affected">The probes whose sources are all that can have changed; null for everything.</param>
    /// <param name="failure">The exit code when something is wrong.</param>
    public (Snapshot? Snapshot, FileTable Files) Take(ImmutableArray<string>? affected, out ExitCode failure)
    {
        var (snapshot, files, errors) = Look(affected);
        session.Output.Show(errors);
        failure = errors is [{ Id: "BPFI1030" }, ..] ? ExitCode.Environment : ExitCode.Usage;
        return (snapshot, files);
    }

    /// <summary>Looks at everything ahead of time; null when something is wrong, which whoever needs it will say.</summary>
    public (Snapshot? Snapshot, FileTable Files) TakeAhead()
    {
        var (snapshot, files, _) = Look(affected: null);
        return (snapshot, files);
    }

    private (Snapshot? Snapshot, FileTable Files, ImmutableArray<Diagnostic> Errors) Look(ImmutableArray<string>? affected)
    {
        var (settings, errors) = SettingsReader.Read(session.ConfigurationPath);
        // A narrowed pass looks at a few files: one by one is cheaper than all that the index knows.
        var files = new FileTable(session.Index, affected is null && settings is not null ? [.. settings.Workspaces, session.Directory] : []);
        Snapshot? snapshot = null;
        if (settings is not null)
            (snapshot, errors) = new SnapshotBuilder(session.Index, files, programs, trusted: affected is not null).Build(settings);
        if (snapshot is not null)
            errors =
            [
                .. Unknown("probe", request.Probes, snapshot.Probes.Select(p => p.Name)),
                .. Unknown("variant", request.Variants, snapshot.Settings.Variants.Keys),
                .. request.Variants.Intersect(snapshot.Settings.Variants.Keys).Except(snapshot.Probes.SelectMany(p => snapshot.Settings.VariantsOf(p.Name))).Select(NotUsed),
                .. snapshot.Probes.Where(p => request.Probes.Contains(p.Name)).Except(snapshot.Asked(request)).Select(p => NotBuiltIn(p.Name, snapshot.Settings.VariantsOf(p.Name))),
            ];
        return (errors.IsEmpty ? snapshot : null, files, errors);
    }

    /// <summary>What a pass over a snapshot works with.</summary>
    public PassTools Tools(Snapshot snapshot, FileTable files) => new(
        session.CacheFor(snapshot.Settings),
        session.Index,
        files,
        programs,
        programs.Workers(snapshot.Toolchain.Toolchain.Llvm),
        Session.Program);

    private static Diagnostic NotUsed(string variant) => Diagnostic.Error(
        "BPFI1003", $"no probe is built in variant {variant}", "bpfincr.json names other variants for each of them");

    private static Diagnostic NotBuiltIn(string probe, IEnumerable<string> variants) => Diagnostic.Error(
        "BPFI1003", $"probe {probe} is not built in any of the variants that are asked for", $"bpfincr.json has it built in {string.Join(", ", variants)}");

    private static IEnumerable<Diagnostic> Unknown(string what, ImmutableArray<string> wanted, IEnumerable<string> known)
    {
        var names = known.ToList();
        foreach (var unknown in wanted.Except(names, StringComparer.Ordinal))
        {
            var hint = NearestName.Of(unknown, names) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", names)}";
            yield return Diagnostic.Error("BPFI1003", $"there is no {what} {unknown}", hint);
        }
    }
}
