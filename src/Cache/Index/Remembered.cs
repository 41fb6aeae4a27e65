using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Index;

/// <summary>The digest a file had when its stamp was this.</summary>
/// <param name="Stamp">What the file system said of it.</param>
/// <param name="Digest">Its content.</param>
public readonly record struct RememberedFile(FileStamp Stamp, Digest Digest);

/// <summary>What a step was and gave when it was last asked for.</summary>
/// <param name="Key">Its action key.</param>
/// <param name="Identity">The identity of its outputs (<see cref="Actions.StepResult.Identity"/>).</param>
public readonly record struct RememberedStep(Digest Key, Digest Identity);
