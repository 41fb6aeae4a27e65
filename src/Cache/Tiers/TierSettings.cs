using BpfIncr.Cache.Signing;

namespace BpfIncr.Cache.Tiers;

/// <summary>What is said of a shared tier.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Path">Absolute path of its directory.</param>
/// <param name="IsReadOnly">Whether nothing is ever written there.</param>
/// <param name="Deadline">How long one call may take before the tier is taken to hang.</param>
public sealed record TierSettings(string Name, string Path, bool IsReadOnly, TimeSpan Deadline)
{
    /// <summary>Long for a file system that is only slow, short for somebody who waits for one that hangs.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(5);

    /// <summary>The public keys of those whose results are accepted (<see cref="PublicKey.Text"/>); none for anyone's.</summary>
    public IReadOnlyList<string> Signers { get; init; } = [];

    /// <summary>A tier with nothing said but where it is; its name is that of the directory.</summary>
    public static TierSettings At(string path, bool isReadOnly) =>
        new(System.IO.Path.GetFileName(path.TrimEnd('/')), path, isReadOnly, DefaultDeadline);

    /// <inheritdoc/>
    public bool Equals(TierSettings? other) =>
        other is not null && (Name, Path, IsReadOnly, Deadline) == (other.Name, other.Path, other.IsReadOnly, other.Deadline) && Signers.SequenceEqual(other.Signers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Path, IsReadOnly, Deadline);
}
