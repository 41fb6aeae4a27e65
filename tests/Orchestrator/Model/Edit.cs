using System.Globalization;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>What can happen to a workspace, to the cache or to a build.</summary>
internal enum EditKind
{
    // To sources.
    Function, Library, Inline, Comment, Include, IncludedFile, IncludeManifest, Module, ReadVariable, SourceError, StageMessage, Touch, SameStamp, Revert,

    // To packages.
    AddProbe, RemoveProbe, RenameProbe, Bin, Dependency, LibraryFeature, Version, BuildScript, BuildData, StrayFile, BreakManifest,

    // To what every probe depends on.
    Profile, Members, CargoConfiguration, LockFile, DeclaredInput, Variable, Toolchain, Flags, Universe, DeclaredVariables,

    // To variants and probes in the configuration.
    AddVariant, RemoveVariant, VariantOption, ReorderVariants, ProbeOption, ProbeFeature, ProbeVariants, SkipProbe, BreakConfiguration,

    // To what builds leave.
    DeleteObject, OverwriteObject, DeleteTarget, LoseBlob, DamageBlob, LoseResult, DamageResult, LoseIndex, OldIndex,

    // To the build itself.
    Nothing, Wait, Restart, OtherClone, PartOfProbes, PartOfVariants, StopAtFailure, Cancel, Kill, EditMeanwhile,
}

/// <summary>One step of a sequence: something happens, and then there is a build.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="A">Where.</param>
/// <param name="B">Which of the possibilities.</param>
internal sealed record Edit(EditKind Kind, int A, int B)
{
    public override string ToString() => $"{Kind} {A} {B}";

    /// <summary>Reads a sequence as failures print it.</summary>
    public static Edit[] Parse(string sequence) =>
    [
        .. sequence.Split(", ").Select(e => e.Split(' ')).Select(w => new Edit(
            Enum.Parse<EditKind>(w[0]), int.Parse(w[1], CultureInfo.InvariantCulture), int.Parse(w[2], CultureInfo.InvariantCulture))),
    ];
}
