using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Stages.Link;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>A step of a clean build.</summary>
/// <param name="Id">Which step.</param>
/// <param name="Key">The whole text of everything that the step reads.</param>
/// <param name="Outputs">What it gives; null when it fails.</param>
internal sealed record ModelStep(StepId Id, string Key, IReadOnlyList<string>? Outputs);

/// <summary>The obvious build: no cache, no order, no memory. It calls the stages, one after the other, for every probe and variant.</summary>
internal static class CleanBuild
{
    /// <summary>Every step of a workspace that can run; what stands behind a failing step is left out.</summary>
    public static List<ModelStep> Run(string root, Settings settings)
    {
        var steps = new List<ModelStep>();
        foreach (var (probe, compile) in ModelKeys.Probes(root, settings))
        {
            var rustc = new ModelStep(new StepId(Stage.Rustc, probe), compile.Key, compile.Outputs);
            steps.Add(rustc);
            if (rustc.Outputs is null || Step(steps, new StepId(Stage.Link, probe), compile.Llvm, new LinkOptions().ToArguments(), rustc.Outputs) is not { } linked)
                continue;
            foreach (var variant in settings.VariantsOf(probe))
            {
                var options = settings.For(probe, variant);
                if (Step(steps, new StepId(Stage.Patch, probe, variant), compile.Llvm, options.ToPatchOptions().ToArguments(), [linked]) is { } patched
                    && Step(steps, new StepId(Stage.Optimize, probe, variant), compile.Llvm, options.ToOptimizeOptions().ToArguments(), [patched]) is { } optimized)
                    Step(steps, new StepId(Stage.Codegen, probe, variant), compile.Llvm, options.ToCodegenOptions().ToArguments(), [optimized]);
            }
        }
        return steps;
    }

    private static string? Step(List<ModelStep> steps, StepId id, string llvm, IReadOnlyList<string> options, IReadOnlyList<string> inputs)
    {
        // rustc gives the probe's own module, its libraries and the list of exports; every other stage one module.
        var names = inputs.Select((_, i) => inputs.Count == 1 ? "in" : i == 0 ? "objects/0.bc" : i == inputs.Count - 1 ? "exports.txt" : $"libraries/{i:00}");
        var (output, _) = FakeStages.Run(options, names.Zip(inputs).ToDictionary(i => i.First, i => i.Second));
        steps.Add(new ModelStep(id, string.Join('\0', [llvm, .. options, .. inputs]), output is null ? null : [output]));
        return output;
    }
}
