using BpfIncr.Cache.Digests;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>An object that is to be checked.</summary>
/// <param name="Name">What reports call it: <c>probe/variant</c>, or its file as it was given.</param>
/// <param name="Path">Its file.</param>
/// <param name="Digest">Its content.</param>
internal sealed record CheckedObject(string Name, string Path, Digest Digest)
{
    /// <summary>Whether it is built with aya's library.</summary>
    public bool IsForAya { get; init; }
}

/// <summary>What a kernel said of an object.</summary>
/// <param name="Object">The object.</param>
/// <param name="Report">What its loader found; null when the loader did not survive it.</param>
/// <param name="IsKnown">Whether that was known, so that nothing was loaded.</param>
internal sealed record CheckedLoad(CheckedObject Object, LoadReport? Report, bool IsKnown);
