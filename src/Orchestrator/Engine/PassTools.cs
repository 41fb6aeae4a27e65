using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>What a pass works with.</summary>
/// <param name="Blobs">Content.</param>
/// <param name="Results">Action results.</param>
/// <param name="Index">What this machine remembers.</param>
/// <param name="Files">Digests of local files.</param>
/// <param name="Programs">rustc and cargo.</param>
/// <param name="Workers">The LLVM processes.</param>
/// <param name="Program">This program's command line, to be started as cargo's linker and as rustc's wrapper.</param>
internal sealed record PassTools(
    BlobStore Blobs,
    ActionCache Results,
    IndexDatabase Index,
    FileTable Files,
    IPrograms Programs,
    IToolRunner Workers,
    ImmutableArray<string> Program);
