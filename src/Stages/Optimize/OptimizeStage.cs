using System.Collections.Immutable;
using System.Globalization;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>Runs LLVM's optimizer, and makes sure that nothing is left that a BPF program cannot do.</summary>
internal static class OptimizeStage
{
    /// <summary>
    /// LLVM options of every optimization. Cold calls would be left alone although their functions must be inlined;
    /// loops must not become memory functions, which would only have to become loops again.
    /// </summary>
    public static readonly ImmutableArray<string> BaseOptions = ["-cold-callsite-rel-freq=0", "-disable-loop-idiom-all"];

    /// <summary>
    /// How large a loop may be when it is unrolled, in what LLVM counts, which is about instructions. Kernels that need unrolling take
    /// 4,096 of them; the optimizer may make one of four, and nothing is known to become so much less. Without a ceiling, a
    /// loop of ten million iterations takes all memory, as code generation takes a time that is the square of what it is given.
    /// </summary>
    public const int UnrollCeiling = 4 * 4096;

    /// <summary>LLVM options of forced unrolling.</summary>
    public static readonly ImmutableArray<string> UnrollOptions =
        [string.Create(CultureInfo.InvariantCulture, $"-unroll-threshold={UnrollCeiling}"), "-unroll-max-upperbound=4294967295", "-unroll-runtime-multi-exit"];

    private const string CleanUp = "globaldce,strip-dead-prototypes";

    // Codegen does the same, and can only call memcmp where it makes one long comparison of many. Nothing may follow that
    // makes one block of a comparison's blocks: all its bytes would be loaded before the first is compared, and go to the stack.
    private const string Comparisons = "function(mergeicmps,expand-memcmp)";

    // LLVM may make an operation of the loop that was made of it, again and again.
    private const int MaximumRounds = 4;

    /// <summary>Runs the stage; the output is written only when no error is returned.</summary>
    public static IReadOnlyList<Diagnostic> Run(OptimizeOptions options, StageFiles files)
    {
        using var context = new LlvmContext("BPFI2301");
        using LlvmModule? module = context.ParseBitcode(File.ReadAllBytes(files.Input.Path), files.Input.Name);
        if (module is null) return context.Diagnostics;
        Apply(options, module);
        module.Write(files.Output);
        return context.Diagnostics;
    }

    /// <summary>The stage's work on a module in memory; findings go to the module's context.</summary>
    public static void Apply(OptimizeOptions options, LlvmModule module)
    {
        // The generic machine: what the passes ask of it is the same for every CPU level.
        using BpfMachine machine = BpfMachine.Create(module.Triple);
        (UnrollDegree degree, string? complaint) = options is { Unroll: true, KeepsLargeLoops: true, Pipeline: null }
            ? UnrollDegree.Apply(module, tried => RunPipeline(options, module, machine, tried))
            : (UnrollDegree.All, RunPipeline(options, module, machine, UnrollDegree.All));
        int lowered = 0;
        for (int round = 1; complaint is null && (lowered = new MemoryLowering(module).Run()) > 0 && round < MaximumRounds; round++)
            complaint = RunPipeline(options, module, machine, degree);
        if (complaint is not null)
        {
            module.Context.Report(Diagnostic.Error(
                "BPFI2302", $"the pass pipeline is not valid: {complaint}", "The syntax is that of opt -passes=."));
            return;
        }

        PassRunner.Run(module, Comparisons, machine);
        lowered += new MemoryLowering(module).RunOnComparisons();
        AtomicAccess.Run(module);
        WideArithmetic.Run(module);
        // A pipeline of the user's need not inline anything. What the last round has lowered no pipeline has seen.
        PassRunner.Run(module, lowered > 0 && options.Unroll ? $"always-inline,{degree.Pass}" : "always-inline", machine);
        PassRunner.Run(module, CleanUp);
        RejectPanics(module);
        RecursionCheck.Run(module);
        UnreachableGuard.Run(module);
        UndefinedValues.Run(module);
        ContextAccess.Run(module);
    }

    private static string? RunPipeline(OptimizeOptions options, LlvmModule module, BpfMachine machine, UnrollDegree degree)
    {
        string level = $"always-inline,default<{options.Level}>";
        string pipeline = options.Pipeline ?? (options.Unroll ? $"{level},{degree.Pass},{level}" : level);
        return PassRunner.Run(module, pipeline, machine, unrolls: degree == UnrollDegree.All);
    }

    private static void RejectPanics(LlvmModule module)
    {
        foreach ((LLVMValueRef call, string path, string? text) in PanicMarker.Find(module))
        {
            PanicCause cause = PanicCause.Of(path, text);
            SourceLocation at = DebugLocation.Of(call);
            module.Context.Report(Diagnostic.Error(
                "BPFI2310", $"{at.Function} can panic here: {cause.What}", $"{cause.Advice}, so that the compiler sees that it cannot happen; or choose panic = exit.").At(at));
        }
    }
}
