using System.Collections.Immutable;
using System.Text.RegularExpressions;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Where the files are that findings are about. In results, cargo's target directory and its home have names that are the same on every
/// machine (<see cref="RustcOptions.MappedTarget"/>); a person looks for a generated or a downloaded file where it is here.
/// </summary>
/// <param name="probes">The probes; each is built in the target directory of its workspace.</param>
internal sealed partial class RealPlaces(ImmutableArray<Probe> probes)
{
    private const string Target = $"{RustcOptions.MappedTarget}/";
    private const string CargoHome = $"{RustcOptions.MappedCargoHome}/";

    /// <summary>A probe's findings, with the places of this machine.</summary>
    public ImmutableArray<Diagnostic> Of(string probe, ImmutableArray<Diagnostic> diagnostics) =>
        diagnostics.IsEmpty || probes.FirstOrDefault(p => p.Name == probe) is not { } known
            ? diagnostics
            : [.. diagnostics.Select(d => Real(d, known.Unit.TargetDirectory))];

    private static Diagnostic Real(Diagnostic diagnostic, string target) => diagnostic with
    {
        File = Real(diagnostic.File, target),
        InlinedAt = Real(diagnostic.InlinedAt, target),
        Detail = diagnostic.Detail is { } detail ? Place().Replace(detail, place => Real(place.Value, target)!) : null,
    };

    private static SourceLocation? Real(SourceLocation? place, string target) =>
        place is null ? null : place with { File = Real(place.File, target), InlinedAt = Real(place.InlinedAt, target) };

    private static string? Real(string? file, string target) =>
        file?.StartsWith(Target, StringComparison.Ordinal) == true ? Path.Combine(target, file[Target.Length..])
        : file?.StartsWith(CargoHome, StringComparison.Ordinal) == true ? Path.Combine(CargoBuild.CargoHome, file[CargoHome.Length..])
        : file;

    // rustc's rendering, with its colours: "  --> /target/…/out/ports.rs:1:21".
    [GeneratedRegex(@"(?<=(?:-->|:::) (?:\e\[[0-9;]*m)*)/[^\n]+")]
    private static partial Regex Place();
}
