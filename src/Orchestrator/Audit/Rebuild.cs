using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>A build from nothing: a copy of the sources, a target directory and a cache in which nothing is.</summary>
/// <param name="copy">The sources.</param>
/// <param name="toolchain">The toolchain.</param>
/// <param name="programs">Who compiles.</param>
/// <param name="program">This program's command line.</param>
internal sealed class Rebuild(SourceCopy copy, Toolchain toolchain, IPrograms programs, ImmutableArray<string> program) : IDisposable
{
    private readonly IndexDatabase _index = IndexDatabase.Open(Path.Combine(copy.Cache, "index.db"), _ => { });

    /// <summary>Builds. Gives what was built with; or what is wrong with the copy.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<(Snapshot? Snapshot, PassTools? Tools, ImmutableArray<Diagnostic> Errors)> RunAsync(
        PassRequest request, IPassObserver observer, CancellationToken cancellation)
    {
        var (settings, files) = (copy.SettingsFor(toolchain), new FileTable(_index, []));
        var (snapshot, errors) = new SnapshotBuilder(_index, files, programs).Build(settings);
        if (snapshot is null)
            return (null, null, errors);
        var cache = new TieredCache(new ActionCache(copy.Cache), new BlobStore(copy.Cache), [], _ => { });
        var tools = new PassTools(cache, _index, files, programs, programs.Workers(toolchain.Llvm), program);
        var (report, _) = await Driver.Load(settings.File, _index).RunAsync(snapshot, request, tools, observer, cancellation);
        return (snapshot, tools, [.. report.Diagnostics.Where(d => d.Severity == Severity.Error)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _index.Dispose();
}
