using System.Collections.Immutable;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>The options, CPU levels and CPU features that a libLLVM knows: LLVM itself passes over what it does not know.</summary>
/// <param name="llvm">The libLLVM.</param>
/// <param name="directory">Where it is asked.</param>
/// <param name="memo">Where its answers are remembered.</param>
/// <param name="programs">Who is asked otherwise.</param>
internal sealed class LlvmNames(string llvm, string directory, Memo memo, IPrograms programs)
{
    private LlvmOptionTable? _options;
    private BpfFeatureTable? _features;

    /// <summary>The CPU levels.</summary>
    /// <exception cref="NoAnswerException">LLVM does not say it.</exception>
    public ImmutableArray<string> Cpus => FeatureTable.Cpus;

    /// <summary>The CPU features, without a sign.</summary>
    /// <exception cref="NoAnswerException">LLVM does not say it.</exception>
    public ImmutableArray<string> Features => FeatureTable.Features;

    private BpfFeatureTable FeatureTable => _features ??= BpfFeatureTable.Parse(Ask($"llvm features {llvm}", "features", $"--llvm={llvm}"));

    private LlvmOptionTable OptionTable => _options ??= LlvmOptionTable.Parse(Ask($"llvm options {llvm}", "worker", $"--llvm={llvm}", "--", LlvmOptionTable.HelpOption));

    /// <summary>What is wrong with an option, such as <c>-unroll-threshold=400</c>, and the name that was probably meant; null when nothing is.</summary>
    /// <exception cref="NoAnswerException">LLVM does not say which it knows.</exception>
    public (string Message, string? Near)? CheckOption(string option)
    {
        if (OptionTable.Check(option) is not { } wrong)
            return null;
        var name = option.TrimStart('-').Split('=')[0];
        return ($"{option}: {wrong}", OptionTable.Names.Contains(name) ? null : NearestName.Of(name, OptionTable.Names));
    }

    /// <summary>What is wrong with the name of a CPU feature, and the one that was probably meant; null when nothing is.</summary>
    /// <exception cref="NoAnswerException">LLVM does not say which it knows.</exception>
    public (string Message, string? Near)? CheckFeature(string name) =>
        Features.Contains(name) ? null : ($"this LLVM has no BPF cpu feature \"{name}\"", NearestName.Of(name, Features));

    /// <summary>The parts of LLVM's feature string: each as it is said, and its name.</summary>
    public static IEnumerable<(string Said, string Name)> Split(string features) => features
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(f => (f, f.TrimStart('+', '-')));

    private string Ask(string name, params string[] arguments) => memo.Get(name, MemoJson.Default.MemoEntryString, () =>
        (programs.AskLlvm(directory, arguments) ?? throw new NoAnswerException(llvm), new Dependencies([llvm], [], [])));
}

// Thrown through the memo, which then remembers nothing.
/// <summary>A libLLVM does not say what it knows.</summary>
/// <param name="llvm">The libLLVM.</param>
internal sealed class NoAnswerException(string llvm) : Exception
{
    /// <summary>What is said of it.</summary>
    public Diagnostic Diagnostic { get; } =
        Diagnostic.Error("BPFI2602", $"{llvm} does not say which options and cpus it knows", "check the installation with: bpfincr doctor");
}
