using System.Collections.Immutable;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Knows what every step of a workspace was and gave when it was last asked for, and can run a pass over a snapshot.
/// It never changes: a pass gives a report and the next driver, and a pass that is cancelled leaves this one valid.
///
/// The model is Roslyn's incremental generators, with these differences. Rows are keyed by stage, probe and variant,
/// not by position, so that adding or reordering probes shifts nothing. Rows are pulled probe by probe through all
/// stages, in parallel, so that the slowest rustc holds up only its own probe. What happened (<see cref="Change"/>)
/// and where the output came from (<see cref="Source"/>) are two facts. And each step that ran is in the action
/// cache and in the index before the next begins: a pass that is stopped loses nothing that was finished.
/// </summary>
internal sealed class Driver
{
    private readonly string _workspace;

    private Driver(string workspace, ImmutableDictionary<StepId, RememberedStep> rows) => (_workspace, Rows) = (workspace, rows);

    /// <summary>The last outcome of every step.</summary>
    public ImmutableDictionary<StepId, RememberedStep> Rows { get; }

    /// <summary>The driver that the index remembers for a workspace.</summary>
    /// <param name="workspace">The directory of its <c>bpfincr.json</c>.</param>
    /// <param name="index">The index.</param>
    /// <param name="probes">The probes that the next pass is about; null for all.</param>
    public static Driver Load(string workspace, IndexDatabase index, IReadOnlyCollection<string>? probes = null)
    {
        var rows = index.Steps(workspace, probes)
            .Select(r => (Id: StepId.TryParse(r.Key), r.Value))
            .Where(r => r.Id is not null)
            .ToImmutableDictionary(r => r.Id!.Value, r => r.Value);
        return new Driver(workspace, rows);
    }

    /// <summary>Says what <see cref="RunAsync"/> would do, and does nothing.</summary>
    public Task<ImmutableArray<PredictedStep>> PredictAsync(
        Snapshot snapshot, PassRequest request, PassTools tools, IPassObserver observer, CancellationToken cancellation) =>
        new Prediction(snapshot, request, tools, new StepTable(_workspace, Rows, tools, observer, snapshot.Actions)).RunAsync(cancellation);

    /// <summary>Brings everything that is asked for up to date.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; finished steps are kept.</exception>
    public async Task<(Report Report, Driver Next)> RunAsync(
        Snapshot snapshot, PassRequest request, PassTools tools, IPassObserver observer, CancellationToken cancellation)
    {
        var rows = new StepTable(_workspace, Rows, tools, observer, snapshot.Actions, new RealPlaces(snapshot.Probes));
        try
        {
            var report = await new BuildPass(snapshot, request, tools, rows, observer).RunAsync(cancellation);
            return (report, new Driver(_workspace, rows.ToRows()));
        }
        finally
        {
            rows.Save();
        }
    }
}
