using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Why steps are not simply what they were in the previous pass. Mostly an ingredient of the key differs; what does not
/// show in a key (a lost result, a compile that had to be repeated) is noted here when it is noticed. There is always a
/// reason: a step that runs for none is a bug.
/// </summary>
/// <param name="previous">The rows of the previous pass.</param>
/// <param name="tools">The caches.</param>
/// <param name="actions">Who has the texts that are not in the cache yet; null when nobody.</param>
internal sealed class StepReasons(ImmutableDictionary<StepId, RememberedStep> previous, PassTools tools, RustcActions? actions)
{
    private readonly ConcurrentDictionary<StepId, ImmutableArray<Reason>> _noted = new();
    private readonly ConcurrentDictionary<StepId, RustcMiss> _misses = new();

    /// <summary>A rustc step was looked for in vain.</summary>
    public void Missed(StepId id, RustcMiss miss) => _misses[id] = miss;

    /// <summary>Something else makes a step run.</summary>
    public void Note(StepId id, Reason reason) =>
        _noted.AddOrUpdate(id, [reason], (_, known) => known.Contains(reason) ? known : known.Add(reason));

    /// <summary>Why a step with this action is not simply what it was.</summary>
    /// <param name="id">The step.</param>
    /// <param name="action">What it is now.</param>
    /// <param name="found">Whether the action cache had its result.</param>
    public ImmutableArray<Reason> Of(StepId id, StepAction action, bool found)
    {
        var noted = _noted.GetValueOrDefault(id, []);
        var miss = found ? null : _misses.GetValueOrDefault(id);
        if (!previous.TryGetValue(id, out var row))
            return [Reason.FirstTime(action.Key == miss?.WeakKey ? null : action.Key, found), .. miss is null ? [] : (Reason[])[miss.Reason], .. noted];
        if (row.Key == action.Key)
            return !noted.IsEmpty ? noted : [miss is null || miss.Knew(row.Key) ? Reason.ResultLost(row.Key, tools.Results.WasDamaged(row.Key)) : miss.Reason];
        return [.. Differences(row.Key, action), .. miss is { Tried.IsEmpty: true } ? (Reason[])[miss.Reason] : [], .. noted];
    }

    /// <summary>
    /// What a rustc step that was looked for in vain is now, as far as that can be told. Of what was tried it is what is
    /// most like the action of before; when no path set is known, the files of before are looked at again.
    /// </summary>
    public StepAction Nearest(Probe probe, RustcActions known)
    {
        var id = new StepId(Stage.Rustc, probe.Name);
        var tried = _misses.TryGetValue(id, out var miss) ? miss.Tried : [];
        if (!previous.TryGetValue(id, out var row) || tools.Results.TryGet(row.Key)?.Action is not { } before)
            return tried.FirstOrDefault(a => a.Key == row.Key) ?? tried.FirstOrDefault() ?? known.Weak(probe);
        var differences = new ActionDifferences(TextOf);
        return tried.Append(known.Strong(probe, PathSet.Of(before)))
            .MinBy(a => differences.Between(before, a) is { IsEmpty: false } d ? d.Length : int.MaxValue)!;
    }

    private ImmutableArray<Reason> Differences(Digest before, StepAction now) =>
        tools.Results.TryGet(before) is { } result
            ? new ActionDifferences(TextOf).Between(result.Action, now)
            : [Reason.Incomparable(before, now.Key)];

    private string? TextOf(Digest digest) =>
        actions?.TextOf(digest) ?? (tools.Blobs.TryRead(digest) is { } content ? Encoding.UTF8.GetString(content) : null);
}
