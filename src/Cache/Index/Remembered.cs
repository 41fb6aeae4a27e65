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

/// <summary>What steps of a stage found in a tier, and what they had to run.</summary>
/// <param name="Stage">The stage, or <c>crate</c>.</param>
/// <param name="Tier">Where the results came from.</param>
/// <param name="Hits">How many results were found.</param>
/// <param name="Saved">How long these steps had run where they ran.</param>
/// <param name="Runs">How many steps ran.</param>
/// <param name="Spent">How long they ran.</param>
/// <param name="Since">When the counting began (UTC).</param>
public sealed record UseCount(string Stage, string Tier, long Hits, TimeSpan Saved, long Runs, TimeSpan Spent, DateTime Since);

/// <summary>A step that ended, with what is new about it.</summary>
/// <param name="Name">The step.</param>
/// <param name="Row">What it is and gives now; null when that is as it was.</param>
/// <param name="Ran">Whether it ran.</param>
/// <param name="Outcome">How it ended, as the writer encoded it; null when that is not to be remembered.</param>
public sealed record EndedStep(string Name, RememberedStep? Row, bool Ran, byte[]? Outcome);
