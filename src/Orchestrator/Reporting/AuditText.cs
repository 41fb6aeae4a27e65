using BpfIncr.Orchestrator.Audit;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>An audit in words: a complaint for whatever differs, and a line that sums it up.</summary>
internal static class AuditText
{
    /// <summary>Writes it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="report">What was found.</param>
    /// <param name="lines">How many paths are shown of each unit.</param>
    /// <param name="elapsed">How long it took.</param>
    public static void Write(Output output, AuditReport report, int lines, TimeSpan elapsed)
    {
        output.Show(report.Probes.Where(p => p.Missing is not null).Select(NotRepeated));
        output.Show(report.Crates.Concat(report.Probes.SelectMany(p => p.Differences)).Select(Of));
        output.Show((report.Reads ?? []).Select(r => Of(r, lines)));
        output.Line($"{Summary(report)} ({StepText.Time(elapsed)})");
    }

    private static Diagnostic NotRepeated(ProbeComparison probe) => Diagnostic.Error(
        "BPFI1102", $"{probe.Probe} could not be built from a copy of its sources: {probe.Missing} has no result",
        "what git ignores is not copied, unless a key knows it; bpfincr audit --hermetic says what is looked for");

    private static Diagnostic Of(Difference difference) => (difference.Reasons.IsEmpty
        ? Diagnostic.Error(
            "BPFI1100", $"{difference.Subject} gave something else when it ran again, and its key is the same",
            "something that it reads is no input: a time, a random number, a place, a file; bpfincr audit --hermetic names files")
        : Diagnostic.Error(
            "BPFI1101", $"{difference.Subject} has another key when it is built from nothing in another directory",
            "what the key has of this checkout or of an earlier build keeps others from sharing results")) with
    {
        Detail = string.Join('\n', [.. difference.Reasons.Select(ReasonText.Of), .. difference.Outputs.SelectMany(o => (string?[])[Of(o), o.Diff]).OfType<string>()]),
    };

    private static string Of(OutputDifference output) => $"{output.Name}: {output.Before?.Short ?? "nothing"} -> {output.Now?.Short ?? "nothing"}";

    private static Diagnostic Of(UnknownReads reads, int lines) => Diagnostic.Error(
        "BPFI1103", $"{reads.Unit.Subject} uses {QuantityText.Count(reads.Files.Length, "path")} that no key knows", Advice(reads)) with
    {
        Detail = string.Join('\n',
        [
            .. reads.Files.Take(lines).Select(f => $"{Of(f.Use)} {f.Name}"),
            .. reads.Files.Length > lines ? [$"… {reads.Files.Length - lines} more"] : Array.Empty<string>(),
            $"needed by {string.Join(", ", reads.Probes)}",
        ]),
    };

    private static string Of(FileUse use) => use switch
    {
        FileUse.Listed => "lists",
        FileUse.Missed => "looks for",
        _ => "reads",
    };

    /// <summary>What to do about it.</summary>
    public static string Advice(UnknownReads reads) => (reads.Unit.IsBuildScript, reads.Unit.Package.Source is null) switch
    {
        (true, true) => "let the build script print cargo:rerun-if-changed=PATH for each, or name them under \"inputs\" in bpfincr.json",
        (false, true) => "let the macro's code include them with include_bytes!, or name them (or their directory) under \"inputs\" in bpfincr.json",
        _ => "name them (or their directory) under \"inputs\" in bpfincr.json",
    };

    private static string Summary(AuditReport report)
    {
        var (probes, same) = (report.Probes.Length, report.Probes.Count(p => p.IsSame));
        var (objects, sameObjects) = (report.Probes.Sum(p => p.Objects.Count), report.Probes.Sum(p => p.Objects.Count(o => o.Value)));
        var differing = report.Crates.IsEmpty ? "" : $"; {QuantityText.Count(report.Crates.Length, "crate")} below them differ";
        var reads = report.Reads is { } found ? found.IsEmpty ? "; keys know every file that was used" : $"; {QuantityText.Count(found.Sum(r => r.Files.Length), "use")} of files that no key knows" : "";
        return $"{same} of {QuantityText.Count(probes, "probe")} the same when built again, {sameObjects} of {QuantityText.Count(objects, "object")}{differing}{reads}";
    }
}
