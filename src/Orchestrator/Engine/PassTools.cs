using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Index;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What a pass works with.</summary>
/// <param name="Cache">Action results and content, here and in shared tiers.</param>
/// <param name="Index">What this machine remembers.</param>
/// <param name="Files">Digests of local files.</param>
/// <param name="Programs">rustc and cargo.</param>
/// <param name="Workers">The LLVM processes.</param>
/// <param name="Program">This program's command line, to be started as cargo's linker and by its rustc.</param>
internal sealed record PassTools(
    TieredCache Cache,
    IndexDatabase Index,
    FileTable Files,
    IPrograms Programs,
    IToolRunner Workers,
    ImmutableArray<string> Program)
{
    /// <summary>When the pass began: its name in explanations.</summary>
    public DateTimeOffset Began { get; } = DateTimeOffset.UtcNow;

    /// <summary>Action results on this machine.</summary>
    public ActionCache Results => Cache.Results;

    /// <summary>Content on this machine.</summary>
    public BlobStore Blobs => Cache.Blobs;
}
