using System.Text.RegularExpressions;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>A line of the program's report about one step.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Subject">The probe, or probe/variant.</param>
/// <param name="Outcome">Change/Source, FAILED or skipped.</param>
/// <param name="Reasons">The lines below it.</param>
internal sealed partial record StepLine(string Stage, string Subject, string Outcome, IReadOnlyList<string> Reasons)
{
    /// <summary>What the program says of a step that it did not have to look at twice.</summary>
    public const string Remembered = "Cached/Memory";

    private static readonly string[] Stages = ["rustc", "link", "patch", "optimize", "codegen"];

    /// <summary>Whether the step ran.</summary>
    public bool Ran => Outcome.EndsWith("/Executed", StringComparison.Ordinal) || Outcome == "FAILED";

    /// <summary>The step's name, as a prediction has it.</summary>
    public string Step => $"{Stage} {Subject}";

    /// <summary>All step lines of an output.</summary>
    public static IReadOnlyList<StepLine> Parse(string output) =>
        [.. Pattern().Matches(output).Select(m => new StepLine(
            m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value, [.. m.Groups[4].Captures.Select(c => c.Value)]))];

    /// <summary>
    /// Every step that is not simply remembered, one line for each probe and each of its variants, in an order that
    /// does not depend on which step was faster.
    /// </summary>
    public static string Reruns(IEnumerable<StepLine> steps)
    {
        var lines = steps.Where(s => s.Outcome != Remembered)
            .GroupBy(s => s.Subject)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{g.Key}: {string.Join(", ", g.OrderBy(s => Array.IndexOf(Stages, s.Stage)).Select(s => $"{s.Stage} {s.Outcome}"))}");
        return string.Join('\n', lines);
    }

    [GeneratedRegex(@"^(rustc|link|patch|optimize|codegen) +(\S+) +(\w+/\w+|FAILED|skipped)(?: .*)?(?:\n    (\S.*))*$", RegexOptions.Multiline)]
    private static partial Regex Pattern();
}
