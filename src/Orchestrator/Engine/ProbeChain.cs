using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages;
using BpfIncr.Stages.Link;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// The stages behind rustc for one probe: link once, then patch, optimize and codegen for each variant. Each action is
/// built from nothing but the digests of what the stage before gave and the stage's own options, so that equal outputs
/// give equal keys and everything behind them is found, not run.
/// </summary>
/// <param name="settings">The configuration.</param>
/// <param name="llvmIdentity">Which libLLVM runs the stages (<see cref="SelectedToolchain.LlvmIdentity"/>).</param>
/// <param name="probe">The probe's name.</param>
/// <param name="resolver">Who gets the results.</param>
internal sealed class ProbeChain(Settings settings, string llvmIdentity, string probe, IStepResolver resolver)
{
    /// <summary>A probe of a snapshot.</summary>
    public ProbeChain(Snapshot snapshot, Probe probe, IStepResolver resolver)
        : this(snapshot.Settings, snapshot.Toolchain.LlvmIdentity, probe.Name, resolver)
    {
    }

    /// <summary>The stage that the chain ends with.</summary>
    public Stage Last { get; init; } = Stage.Codegen;

    /// <summary>Told of each variant's last result as soon as it is there: another variant may fail, and end the whole.</summary>
    public Action<string, StepResult> Finished { get; init; } = (_, _) => { };

    /// <summary>Brings the probe's objects up to date.</summary>
    /// <param name="compiled">What its rustc step gave: objects, libraries and the list of exports.</param>
    /// <param name="variants">Names of the variants wanted.</param>
    /// <param name="cancellation">Stops it between steps and inside of them.</param>
    /// <returns>The result of the last stage for each variant that has one.</returns>
    /// <exception cref="LostBlobException">A blob that an earlier step gave is gone.</exception>
    public async Task<ImmutableArray<(string Variant, StepResult Object)>> RunAsync(
        ImmutableArray<StepOutput> compiled, IReadOnlyList<string> variants, CancellationToken cancellation)
    {
        if (await resolver.ResolveAsync(new StepId(Stage.Link, probe), Link(compiled), LinkedName, cancellation) is not { } linked)
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
                resolver.Skip(new StepId(stage, probe, variant));
    }

    private async Task<(string, StepResult)?> VariantAsync(string variant, StepResult linked, CancellationToken cancellation)
    {
        var chosen = settings.For(probe, variant);
        var stages = ChainStage.Of(chosen);
        var (result, name) = (linked, LinkedName);
        foreach (var stage in stages.Where(s => s.Stage <= Last))
        {
            var id = new StepId(stage.Stage, probe, variant);
            FailureSearch? places = chosen is { Btf: false } or { LineInfo: false } ? (runner, stop) => FailWithPlacesAsync(chosen, linked, stage.Stage, runner, stop) : null;
            if (await resolver.ResolveAsync(id, Action(stage, name, result), stage.Output, cancellation, places) is not { } next)
            {
                foreach (var later in stages.Where(s => s.Stage > stage.Stage))
                    resolver.Skip(new StepId(later.Stage, probe, variant));
                return null;
            }
            (result, name) = (next, stage.Output);
        }
        Finished(variant, result);
        return (variant, result);
    }

    // Without debug info a stage cannot say where what it finds is. What runs here gives no results, and runs only for what has failed.
    private async Task<ImmutableArray<Diagnostic>> FailWithPlacesAsync(
        VariantSettings chosen, StepResult linked, Stage failed, StepRunner runner, CancellationToken cancellation)
    {
        var (result, name) = (linked, LinkedName);
        foreach (var stage in ChainStage.Of(chosen with { Btf = true, LineInfo = true }).Where(s => s.Stage <= failed))
        {
            var execution = await runner.RunAsync(Action(stage, name, result), stage.Output, cancellation);
            if (execution.Result is null)
                return stage.Stage == failed ? execution.Diagnostics : [];
            (result, name) = (execution.Result, stage.Output);
        }
        return [];
    }

    private StepAction Action(ChainStage stage, string name, StepResult before) =>
        Action([.. stage.Options, name, $"--output={stage.Output}"], new InputTree([new(name, before.Output(name))]), stage.Output);

    private StepAction Link(ImmutableArray<StepOutput> compiled)
    {
        var names = compiled.Select(o => o.Name).ToList();
        return Action(
            [
                .. new LinkOptions().ToArguments(),
                .. names.Where(n => n.StartsWith("objects/", StringComparison.Ordinal)).Select(n => $"--object={n}"),
                .. names.Where(n => n.StartsWith("libraries/", StringComparison.Ordinal)).Select(n => $"--library={n}"),
                $"--exports={ExportsName}",
                .. names.Where(n => n == ExpectedExportsName).Select(n => $"--expected-exports={n}"),
                $"--output={LinkedName}",
            ],
            new InputTree(compiled.Select(o => new KeyValuePair<string, Cache.Digests.Digest>(o.Name, o.Digest))),
            LinkedName);
    }

    private StepAction Action(IEnumerable<string> arguments, InputTree inputs, string output) => new(
        arguments, [], [new("llvm", llvmIdentity)], inputs, [output], settings.Universe);

    /// <summary>The rustc step's list of symbols that must stay visible.</summary>
    public const string ExportsName = "exports.txt";

    /// <summary>Those of them that somebody has named, if anybody has: one that nothing defines is worth a warning.</summary>
    public const string ExpectedExportsName = "expected-exports.txt";

    /// <summary>What codegen makes.</summary>
    public const string ObjectName = "probe.o";

    /// <summary>What patch and optimize make.</summary>
    public const string PatchedName = "patched.bc", OptimizedName = "optimized.bc";

    private const string LinkedName = "linked.bc";

    // A stage behind link, as a variant has it.
    private sealed record ChainStage(Stage Stage, ImmutableArray<string> Options, string Output)
    {
        public static ChainStage[] Of(VariantSettings chosen) =>
        [
            new(Stage.Patch, chosen.ToPatchOptions().ToArguments(), PatchedName),
            new(Stage.Optimize, chosen.ToOptimizeOptions().ToArguments(), OptimizedName),
            new(Stage.Codegen, chosen.ToCodegenOptions().ToArguments(), ObjectName),
        ];
    }
}
