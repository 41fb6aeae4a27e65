using System.Globalization;
using BpfIncr.Orchestrator.Verify;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>What <c>check</c> says to people.</summary>
internal static class CheckText
{
    public static void Write(Output output, KernelVerdict verdict, bool verbose, bool isOneOfSeveral)
    {
        var findings = Findings(verdict, isOneOfSeveral);
        foreach (var (one, said, isKnown) in verdict.Objects)
        {
            if (verbose || !said.IsAccepted)
                output.Line($"{(said.IsAccepted ? "accepted" : "rejected")} {one.Name,-36} {string.Join(", ", What(said, isKnown))}".TrimEnd());
            foreach (var alike in findings[one])
                output.ShowTogether(alike);
        }
        var accepted = verdict.Objects.Count(o => o.Verdict.IsAccepted);
        var known = verdict.Objects.Count(o => o.IsKnown);
        var rejected = verdict.Objects.Count - accepted;
        output.Line(string.Create(CultureInfo.InvariantCulture,
            $"{verdict.Kernel}: {QuantityText.Count(accepted, "object")} accepted{(rejected > 0 ? $", {rejected} rejected" : "")}; {verdict.Objects.Count - known} tried, {known} known ({verdict.Elapsed.TotalSeconds:0.00} s)"));
    }

    // Programs with the same code inlined are rejected at the same place with the same log, and so is an object in several variants: each of
    // them is named, where the first is.
    private static ILookup<CheckedObject, IReadOnlyList<Diagnostic>> Findings(KernelVerdict verdict, bool isOneOfSeveral) => verdict.Objects
        .SelectMany(o => o.Verdict.Diagnostics.Select(d => (o.Object, Finding: isOneOfSeveral ? d with { Message = $"{verdict.Kernel}: {d.Message}" } : d)))
        .GroupBy(f => f.Finding with { Message = "", Function = null })
        .ToLookup(g => g.First().Object, g => (IReadOnlyList<Diagnostic>)[.. g.Select(f => f.Finding)]);

    private static IEnumerable<string> What(Stages.Verify.Verdict said, bool isKnown)
    {
        if (said.Programs > 0)
        {
            yield return QuantityText.Count(said.Programs, "program");
            yield return $"{QuantityText.Count(said.Instructions, "instruction")} verified";
            yield return said.Functions + said.Lines == 0 ? "no types or lines kept" : $"{QuantityText.Count(said.Lines, "line")} kept";
        }
        if (isKnown)
            yield return "known";
    }
}
