using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Link;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// The stages behind rustc for one probe: link once, then patch, optimize and codegen for each variant. Each action is
/// built from nothing but the digests of what the stage before gave and the stage's own options, so that equal outputs
/// give equal keys and everything behind them is found, not run.
/// </summary>
internal sealed class ProbeChain(Snapshot snapshot, Probe probe, IStepResolver resolver)
{
    private Settings Settings => snapshot.Settings;

    /// <summary>Brings the probe's objects up to date.</summary>
    /// <param name="rustc">The result of its rustc step.</param>
    /// <param name="variants">Names of the variants wanted.</param>
    /// <param name="cancellation">Stops it between steps and inside of them.</param>
    /// <returns>The object's digest for each variant that has one.</returns>
    /// <exception cref="LostBlobException">A blob that an earlier step gave is gone.</exception>
    public async Task<ImmutableArray<(string Variant, StepResult Object)>> RunAsync(
        StepResult rustc, IReadOnlyList<string> variants, CancellationToken cancellation)
    {
        if (await resolver.ResolveAsync(new StepId(Stage.Link, probe.Name), Link(rustc), LinkedName, cancellation) is not { } linked)
        {
            SkipVariants(variants);
            return [];
        }
        var objects = await Task.WhenAll(variants.Select(v => VariantAsync(v, linked, cancellation)));
        return [.. objects.OfType<(string, StepResult)>()];
    }

    /// <summary>Says of every step of the variants that it could not run.</summary>
    public void SkipVariants(IEnumerable<string> variants)
    {
        foreach (var variant in variants)
            foreach (var stage in (Stage[])[Stage.Patch, Stage.Optimize, Stage.Codegen])
                resolver.Skip(new StepId(stage, probe.Name, variant));
    }

    private async Task<(string, StepResult)?> VariantAsync(string variant, StepResult linked, CancellationToken cancellation)
    {
        var settings = Settings.For(probe.Name, variant);
        (Stage Stage, ImmutableArray<string> Options, string Output)[] stages =
        [
            (Stage.Patch, settings.ToPatchOptions().ToArguments(), PatchedName),
            (Stage.Optimize, settings.ToOptimizeOptions().ToArguments(), OptimizedName),
            (Stage.Codegen, settings.ToCodegenOptions().ToArguments(), ObjectName),
        ];
        var (result, name) = (linked, LinkedName);
        foreach (var (stage, options, output) in stages)
        {
            var id = new StepId(stage, probe.Name, variant);
            var input = new InputTree([new(name, result.Output(name))]);
            var action = Action([.. options, name, $"--output={output}"], input, output);
            if (await resolver.ResolveAsync(id, action, output, cancellation) is not { } next)
            {
                foreach (var later in stages.Where(s => s.Stage > stage))
                    resolver.Skip(new StepId(later.Stage, probe.Name, variant));
                return null;
            }
            (result, name) = (next, output);
        }
        return (variant, result);
    }

    private StepAction Link(StepResult rustc)
    {
        var names = rustc.Outputs.Select(o => o.Name).ToList();
        return Action(
            [
                .. new LinkOptions().ToArguments(),
                .. names.Where(n => n.StartsWith("objects/", StringComparison.Ordinal)).Select(n => $"--object={n}"),
                .. names.Where(n => n.StartsWith("libraries/", StringComparison.Ordinal)).Select(n => $"--library={n}"),
                $"--exports={ExportsName}",
                $"--output={LinkedName}",
            ],
            new InputTree(rustc.Outputs.Select(o => new KeyValuePair<string, Cache.Digests.Digest>(o.Name, o.Digest))),
            LinkedName);
    }

    private StepAction Action(IEnumerable<string> arguments, InputTree inputs, string output) => new(
        arguments, [], [new("llvm", snapshot.Toolchain.LlvmIdentity)], inputs, [output], Settings.Universe);

    /// <summary>The rustc step's list of symbols that must stay visible.</summary>
    public const string ExportsName = "exports.txt";

    /// <summary>What codegen makes.</summary>
    public const string ObjectName = "probe.o";

    private const string LinkedName = "linked.bc", PatchedName = "patched.bc", OptimizedName = "optimized.bc";
}
