using System.Collections.Immutable;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>Checks the LLVM options, CPU levels and CPU features in the settings against those that the selected libLLVM knows: LLVM itself passes over what it does not know.</summary>
/// <param name="settings">The settings.</param>
/// <param name="llvm">The libLLVM.</param>
/// <param name="memo">Where LLVM's answers are remembered.</param>
/// <param name="programs">Who is asked otherwise.</param>
internal sealed class LlvmOptionCheck(Settings settings, string llvm, Memo memo, IPrograms programs)
{
    private readonly List<ConfigurationError> _errors = [];

    /// <summary>Everything that is wrong; nothing when all is right.</summary>
    public ImmutableArray<Diagnostic> Run()
    {
        try
        {
            CheckAll();
        }
        catch (NoAnswerException)
        {
            return [Diagnostic.Error("BPFI2602", $"{llvm} does not say which options and cpus it knows", "check the installation with: bpfincr doctor")];
        }
        return [.. new ConfigurationException(_errors).Errors.Select(e => SettingsReader.At(Settings.FileName, e, "BPFI1004"))];
    }

    private void CheckAll()
    {
        var levels = settings.Variants.Select(v => (What: $"variant \"{v.Key}\"", Place: settings.Document.Find("variants", v.Key), Settings: v.Value))
            .Concat(settings.Probes.Select(p => (What: $"probe \"{p.Key}\"", Place: settings.Document.Find("probes", p.Key), p.Value.Settings)));
        foreach (var (what, place, said) in levels)
        {
            CheckOptions(what, place?.Find("optimizeOptions"), said.OptimizeOptions ?? []);
            CheckOptions(what, place?.Find("codegenOptions"), said.CodegenOptions ?? []);
            CheckCpu(what, place?.Find("cpu"));
            CheckFeatures(what, place?.Find("cpuFeatures"), said.CpuFeatures ?? "");
        }
    }

    private void CheckOptions(string what, JsonNodeAt? place, ImmutableArray<string> options)
    {
        if (options.IsEmpty)
            return;
        var table = LlvmOptionTable.Parse(Ask($"llvm options {llvm}", "worker", $"--llvm={llvm}", "--", LlvmOptionTable.HelpOption));
        foreach (var (option, i) in options.Select((o, i) => (o, i)))
            if (table.Check(option) is { } wrong)
                Wrong(place?.Items[i], what, $"{option}: {wrong}", Hint(option, table));
    }

    private void CheckCpu(string what, JsonNodeAt? cpu)
    {
        if (cpu is not null && !Features().Cpus.Contains(cpu.Text))
            Wrong(cpu, what, $"this LLVM has no BPF cpu \"{cpu.Text}\"", $"it has {string.Join(", ", Features().Cpus)}");
    }

    private void CheckFeatures(string what, JsonNodeAt? place, string features)
    {
        foreach (var feature in features.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var name = feature.TrimStart('+', '-');
            if (!Features().Features.Contains(name))
                Wrong(place, what, $"this LLVM has no BPF cpu feature \"{name}\"", Hint(name, Features().Features));
            else if (feature == name)
                Wrong(place, what, $"\"{name}\" is neither switched on nor off", $"write \"+{name}\" or \"-{name}\"");
        }
    }

    private BpfFeatureTable Features() => BpfFeatureTable.Parse(Ask($"llvm features {llvm}", "features", $"--llvm={llvm}"));

    private void Wrong(JsonNodeAt? place, string what, string message, string? hint) =>
        _errors.Add(new ConfigurationError((place ?? settings.Document).Position, $"{what}: {message}", hint));

    private string Ask(string name, params string[] arguments) => memo.Get(name, MemoJson.Default.MemoEntryString, () =>
        (programs.AskLlvm(settings.Directory, arguments) ?? throw new NoAnswerException(), new Dependencies([llvm], [], [])));

    private static string? Hint(string option, LlvmOptionTable table)
    {
        var name = option.TrimStart('-').Split('=')[0];
        return !table.Names.Contains(name) && NearestName.Of(name, table.Names) is { } near ? $"did you mean -{near}?" : null;
    }

    private static string Hint(string name, ImmutableArray<string> known) =>
        NearestName.Of(name, known) is { } near ? $"did you mean \"{near}\"?" : $"it has {string.Join(", ", known)}";

    // Thrown through the memo, which then remembers nothing.
    private sealed class NoAnswerException : Exception;
}
