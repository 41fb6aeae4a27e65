using System.Collections.Immutable;
using System.Diagnostics;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Cli;

/// <summary>
/// One build from beginning to end, at the least cost that what changed allows: nothing at all; a pass over the probes
/// whose sources look different; or a look at everything.
/// </summary>
internal sealed class Build(Session session, PassRequest request, IPrograms programs)
{
    // Among the inputs of probes, whose names are never empty: the pass that they are of.
    private const string PassOfInputs = "";

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private FileTable? _lookedAt;
    private string? _output;
    private readonly string _name =
        $"{string.Join(',', request.Probes.Order(StringComparer.Ordinal))} {string.Join(',', request.Variants.Order(StringComparer.Ordinal))}";

    /// <summary>The time since the last look at the world began.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>How the world differs from what the last such build saw.</summary>
    public WorldChange Compare()
    {
        _clock.Restart();
        if (Record() is not { } record)
            return WorldChange.Unknown;
        var change = record.Compare(Session.EnvironmentState);
        if (change is { IsNone: true, Restamped.IsEmpty: false })
            Remember(record.Restamp(change.Restamped));
        return change;
    }

    /// <summary>How everything that matters looks now, as far as it is known; objects do not count.</summary>
    public SeenStamps Look() => SeenStamps.Of(PathsThatMatter());

    /// <summary>The directories in which something that matters lies or may appear.</summary>
    public IEnumerable<string> DirectoriesThatMatter() => PathsThatMatter()
        .SelectMany(p => (string?[])[p, Path.GetDirectoryName(p)])
        .OfType<string>()
        .Concat(ObjectDirectories())
        .Append(session.Directory)
        .Distinct(StringComparer.Ordinal);

    private IEnumerable<string> ObjectDirectories() =>
        _output is not null && Directory.Exists(_output)
            ? [_output, .. Directory.EnumerateDirectories(_output).Where(d => Path.GetFileName(d) != "cargo")]
            : [];

    // What the last good pass has looked at, and what the last pass has, good or not.
    private IEnumerable<string> PathsThatMatter()
    {
        var known = (Record()?.Entries.Select(e => e.Key) ?? []).Concat(_lookedAt?.Files.Keys ?? []).Concat(_lookedAt?.Listings.Keys ?? []);
        return known.Distinct(StringComparer.Ordinal).Where(p => _output is null || !p.StartsWith($"{_output}/", StringComparison.Ordinal));
    }

    /// <summary>Brings everything up to date.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; finished steps are kept.</exception>
    public async Task<ExitCode> RunAsync(WorldChange change, IPassObserver observer, CancellationToken cancellation)
    {
        var affected = Affected(change);
        var (snapshot, files) = TakeSnapshot(affected, out var failure);
        (_lookedAt, _output) = (files, snapshot?.Settings.Output ?? _output);
        if (snapshot is null)
            return failure;
        // Configuration, toolchain, manifests: what was looked at so far matters to every probe.
        var shared = files.Files.Keys.Concat(files.Listings.Keys).ToHashSet(StringComparer.Ordinal);
        var tools = Tools(snapshot, files);
        var narrowed = affected is null ? request : request with { Probes = affected.Value };
        var driver = Driver.Load(session.Workspace, session.Index, affected);
        var previous = affected is null ? null : Record();
        var report = await PassAsync(driver, snapshot, narrowed, tools, observer, cancellation);
        var objects = affected is null ? report.Objects : change.Objects;
        observer.Summary(report with { Objects = objects, Elapsed = _clock.Elapsed });
        // The record of the last good state stays: what differs from it still differs next time.
        if (!report.Succeeded)
            return report.Diagnostics.Any(d => d.Severity == Severity.Error) ? ExitCode.Environment : ExitCode.BuildFailed;
        Remember(change, snapshot, files, shared, report, previous, objects);
        return ExitCode.Success;
    }

    // However a pass ends, explanations want to know of it. What a narrowed pass leaves out is as it was.
    private async Task<Report> PassAsync(
        Driver driver, Snapshot snapshot, PassRequest narrowed, PassTools tools, IPassObserver observer, CancellationToken cancellation)
    {
        var pass = new LastPass(DateTimeOffset.UtcNow, PassState.Stopped, request.Probes, request.Variants);
        try
        {
            var (report, _) = await driver.RunAsync(snapshot, narrowed, tools, observer, cancellation);
            pass = pass with { State = report.Succeeded ? PassState.Succeeded : PassState.Failed };
            return report;
        }
        finally
        {
            session.Index.RememberLastPass(session.Workspace, pass.Encode());
        }
    }

    /// <summary>The names of the probes that changes since a git revision can change; null, after saying why, when that cannot be told.</summary>
    public IReadOnlyList<string>? Affected(string revision, out ExitCode failure)
    {
        var (snapshot, files) = TakeSnapshot(null, out failure);
        if (snapshot is null)
            return null;
        var (changes, error) = GitChanges.Since(session.Directory, revision);
        if (changes is null)
        {
            failure = ExitCode.Usage;
            session.Output.Show(error!);
            return null;
        }
        return [.. new AffectedProbes(snapshot, request, Tools(snapshot, files), changes).Find().Select(p => p.Name)];
    }

    /// <summary>What <see cref="RunAsync"/> would do; null, after saying why, when that cannot be told.</summary>
    public async Task<(ImmutableArray<PredictedStep>? Steps, ExitCode Failure)> PredictAsync(
        WorldChange change, IPassObserver observer, CancellationToken cancellation)
    {
        var affected = Affected(change);
        var (snapshot, files) = TakeSnapshot(affected, out var failure);
        if (snapshot is null)
            return (null, failure);
        var narrowed = affected is null ? request : request with { Probes = affected.Value };
        var driver = Driver.Load(session.Workspace, session.Index, affected);
        return (await driver.PredictAsync(snapshot, narrowed, Tools(snapshot, files), observer, cancellation), ExitCode.Success);
    }

    /// <summary>What is remembered of the one probe that is asked for, and what would happen to it; null, after saying why, when there is no such probe.</summary>
    /// <param name="upToDate">Whether a build of everything has nothing to do, and would not look at this probe either.</param>
    /// <param name="observer">Told of nothing.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<(Explanation? Explanation, ExitCode Failure)> ExplainAsync(bool upToDate, IPassObserver observer, CancellationToken cancellation)
    {
        var (snapshot, files) = TakeSnapshot(null, out var failure);
        if (snapshot is null)
            return (null, failure);
        var driver = Driver.Load(session.Workspace, session.Index, request.Probes);
        ImmutableArray<PredictedStep> next =
            upToDate ? [] : await driver.PredictAsync(snapshot, request, Tools(snapshot, files), observer, cancellation);
        var variants = snapshot.Settings.Variants.Keys.Where(request.WantsVariant);
        return (Explanation.Read(session.Index, session.Workspace, request.Probes.Single(), variants, next), ExitCode.Success);
    }

    // The probes that have a changed path among their inputs; null when everything has to be looked at.
    private ImmutableArray<string>? Affected(WorldChange change)
    {
        if (change.IsUnknown)
            return null;
        var lines = change.Paths.Select(p => $"\n{p}\n").ToList();
        var inputs = session.Index.Inputs(session.Workspace, _name).ToList();
        // The record is no part of the index: one of them may have been lost, or be of an earlier pass.
        if (!inputs.Contains((PassOfInputs, $"{change.Pass}")))
            return null;
        var probes = inputs
            .Where(i => lines.Exists(l => i.Paths.Contains(l, StringComparison.Ordinal)))
            .Select(i => i.Probe)
            .Where(p => request.Probes.IsEmpty || request.Probes.Contains(p))
            .ToImmutableArray();
        // A path that belonged to a probe once and to none now is a reason to look at everything, once.
        return probes.IsEmpty ? null : probes;
    }

    private (Snapshot? Snapshot, FileTable Files) TakeSnapshot(ImmutableArray<string>? affected, out ExitCode failure)
    {
        failure = ExitCode.Usage;
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
            ];
        if (errors.IsEmpty)
            return (snapshot, files);
        failure = errors[0].Id == "BPFI1030" ? ExitCode.Environment : ExitCode.Usage;
        session.Output.Show(errors);
        return (null, files);
    }

    private void Remember(
        WorldChange change, Snapshot snapshot, FileTable files, HashSet<string> shared, Report report, PassRecord? previous, int objects)
    {
        // The program is an input too: another one may have other stages.
        foreach (var part in (string[])[Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "bpfincr.dll")])
            files.DigestOf(part);
        // It is large, and hashed once.
        files.Save();
        files.Restamp();
        ImmutableArray<string> variables =
            [.. ToolchainSelection.Variables, .. snapshot.Settings.Variables, .. snapshot.Actions.ObservedVariables];
        // A narrowed pass trusted these without looking at them itself.
        var record = previous?.Restamp(change.Restamped) ?? PassRecord.Of(objects, "", variables, []);
        var sources = report.Inputs.Values.SelectMany(p => p).ToHashSet(StringComparer.Ordinal);
        sources.ExceptWith(shared);
        sources.ExceptWith(snapshot.Actions.SharedInputs);
        record = record.With(Session.EnvironmentState, variables, files, sources);
        var inputs = report.Inputs.Select(i => KeyValuePair.Create(i.Key, $"\n{string.Join('\n', i.Value)}\n"));
        session.Index.RememberInputs(session.Workspace, _name, inputs.Append(new(PassOfInputs, $"{record.Pass}")));
        Remember(record);
    }

    private PassRecord? Record() => session.Passes.Read(session.Workspace, _name) is { } content ? PassRecord.Read(content) : null;

    private void Remember(PassRecord record) => session.Passes.Write(session.Workspace, _name, record.Content);

    private PassTools Tools(Snapshot snapshot, FileTable files) => new(
        session.Blobs,
        session.Results,
        session.Index,
        files,
        programs,
        programs.Workers(snapshot.Toolchain.Toolchain.Llvm),
        Session.Program);

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
