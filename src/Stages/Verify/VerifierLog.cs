using System.Globalization;
using System.Text.RegularExpressions;

namespace BpfIncr.Stages.Verify;

/// <summary>What a verifier's log says in the end: the same since the first kernels that print one.</summary>
internal sealed partial class VerifierLog
{
    private static readonly string[] Statistics =
        ["processed ", "verification time ", "stack depth ", "insns processed ", "max_states_per_insn", "-- END PROG"];

    // The states that an endless loop goes through are said behind the verdict.
    private static readonly string[] Aside = ["mark_precise", "cur state: ", "old state: ", ";"];

    private readonly List<string> lines;

    public VerifierLog(string log)
    {
        Text = log.TrimEnd();
        lines = [.. Text.Split('\n').Select(static line => line.TrimEnd())];
        int last = lines.FindLastIndex(static line => line.Length > 0 && !Statistics.Any(line.StartsWith) && !Aside.Any(line.StartsWith));
        Verdict = last < 0 || IsInstruction(lines[last]) ? null : lines[last];
        Instruction = Verdict is "last insn is not an exit or jmp" ? int.MaxValue : Verdict is not null && InMessage().Match(Verdict) is { Success: true } said
            ? Number(said)
            : lines.Take(last + 1).Reverse().Select(static line => AtInstruction().Match(line)).Where(static match => match.Success).Select(Number).Cast<int?>().FirstOrDefault();
        // A verdict's second half often says what the first one is about.
        if (Verdict is not null && last > 0 && Explained().IsMatch(Verdict) && !IsInstruction(lines[last - 1]) && !Aside.Any(lines[last - 1].StartsWith)) Verdict = $"{lines[last - 1]}; {Verdict}";
    }

    /// <summary>The whole log.</summary>
    public string Text { get; }

    /// <summary>The verifier's last words; null when it says nothing but what it looked at.</summary>
    public string? Verdict { get; }

    /// <summary>The number of the instruction that it is about, or one behind all of them for the last; null when none is named.</summary>
    public int? Instruction { get; }

    /// <summary>How many instructions the verifier has gone through, on all paths together; null when it does not say.</summary>
    public int? Processed => Counted().Match(Text) is { Success: true } match ? Number(match) : null;

    /// <summary>Its last lines, without the statistics and without what the verifier notes about precision on its way.</summary>
    public IEnumerable<string> Tail(int count) => lines
        .Where(static line => line.Length > 0 && !Statistics.Any(line.StartsWith) && !Aside.Any(line.StartsWith))
        .TakeLast(count);

    /// <summary>The number of the instruction that a line of a log shows; null when it shows none.</summary>
    public static int? InstructionOf(string line) => AtInstruction().Match(line) is { Success: true } match ? Number(match) : null;

    private static bool IsInstruction(string line) => AtInstruction().IsMatch(line);

    private static int Number(Match match) => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\d{1,7}): \([0-9a-f]{2}\) ")]
    private static partial Regex AtInstruction();

    [GeneratedRegex(@"(?:insn|at) (\d{1,7})\b")]
    private static partial Regex InMessage();

    [GeneratedRegex(@"^(R\d+ |math between)")]
    private static partial Regex Explained();

    [GeneratedRegex(@"processed (\d{1,9}) insns")]
    private static partial Regex Counted();
}
