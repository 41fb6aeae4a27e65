using System.Collections.Immutable;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>Checks the LLVM options, CPU levels and CPU features in the settings against those that the selected libLLVM knows.</summary>
/// <param name="settings">The settings.</param>
/// <param name="llvm">The libLLVM.</param>
/// <param name="memo">Where LLVM's answers are remembered.</param>
/// <param name="programs">Who is asked otherwise.</param>
internal sealed class LlvmOptionCheck(Settings settings, string llvm, Memo memo, IPrograms programs)
{
    private readonly List<ConfigurationError> _errors = [];
    private readonly LlvmNames _known = new(llvm, settings.Directory, memo, programs);

    /// <summary>Everything that is wrong; nothing when all is right.</summary>
    public ImmutableArray<Diagnostic> Run()
    {
        try
        {
            CheckAll();
        }
        catch (NoAnswerException e)
        {
            return [e.Diagnostic];
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
        foreach (var (option, i) in options.Select((o, i) => (o, i)))
            if (_known.CheckOption(option) is var (message, near))
                Wrong(place?.Items[i], what, message, near is null ? null : $"did you mean -{near}?");
    }

    private void CheckCpu(string what, JsonNodeAt? cpu)
    {
        if (cpu is not null && !_known.Cpus.Contains(cpu.Text))
            Wrong(cpu, what, $"this LLVM has no BPF cpu \"{cpu.Text}\"", $"it has {string.Join(", ", _known.Cpus)}");
    }

    private void CheckFeatures(string what, JsonNodeAt? place, string features)
    {
        foreach (var (said, name) in LlvmNames.Split(features))
            if (_known.CheckFeature(name) is var (message, near))
                Wrong(place, what, message, near is null ? $"it has {string.Join(", ", _known.Features)}" : $"did you mean \"{near}\"?");
            else if (said == name)
                Wrong(place, what, $"\"{name}\" is neither switched on nor off", $"write \"+{name}\" or \"-{name}\"");
    }

    private void Wrong(JsonNodeAt? place, string what, string message, string? hint) =>
        _errors.Add(new ConfigurationError((place ?? settings.Document).Position, $"{what}: {message}", hint));
}
