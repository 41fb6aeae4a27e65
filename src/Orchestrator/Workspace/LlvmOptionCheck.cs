using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>Checks the LLVM options in the settings against those that the selected libLLVM knows.</summary>
internal static class LlvmOptionCheck
{
    /// <summary>The first wrong option; null when all are right.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="llvm">The libLLVM.</param>
    /// <param name="memo">Where LLVM's answer is remembered.</param>
    /// <param name="program">This program, whose worker asks.</param>
    public static Diagnostic? Check(Settings settings, string llvm, Memo memo, IReadOnlyList<string> program)
    {
        var levels = settings.Variants.Select(v => ($"variant \"{v.Key}\"", v.Value))
            .Concat(settings.Probes.Select(p => ($"probe \"{p.Key}\"", p.Value.Settings)));
        var used = levels.SelectMany(l => Options(l.Item2).Select(o => (Where: l.Item1, Option: o))).ToList();
        if (used.Count == 0)
            return null;
        var table = LlvmOptionTable.Parse(Help(settings, llvm, memo, program));
        foreach (var (where, option) in used)
            if (table.Check(option) is { } wrong)
                return Diagnostic.Error("BPFI1004", $"{Settings.FileName}: {where}: {option}: {wrong}", Hint(option, table));
        return null;
    }

    private static IEnumerable<string> Options(VariantSettings settings) =>
        (settings.OptimizeOptions ?? []).Concat(settings.CodegenOptions ?? []);

    private static string Help(Settings settings, string llvm, Memo memo, IReadOnlyList<string> program) =>
        memo.Get($"llvm options {llvm}", MemoJson.Default.MemoEntryString, () =>
        {
            // The worker keeps its standard output for answers; what LLVM prints comes out of the other one.
            var (_, help) = ToolProcess.Run(
                program[0], settings.Directory, [], [.. program.Skip(1), "worker", $"--llvm={llvm}", "--", LlvmOptionTable.HelpOption]);
            return (help, new Dependencies([llvm], [], []));
        });

    private static string? Hint(string option, LlvmOptionTable table)
    {
        var name = option.TrimStart('-').Split('=')[0];
        return !table.Names.Contains(name) && NearestName.Of(name, table.Names) is { } near ? $"did you mean -{near}?" : null;
    }
}
