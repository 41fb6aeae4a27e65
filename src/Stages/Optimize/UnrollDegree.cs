using System.Collections.Immutable;
using System.Globalization;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// How far loops are unrolled where every loop with a known bound is asked for: as far as the functions can still be encoded.
/// <para>
/// A branch reaches 32,767 instructions before cpu v4, and code generation ends the process where one has to reach further. Kernels that take
/// loops need no unrolling, so a loop that makes a function too large may stay there. Degrees are tried from the highest on, and the first
/// under which no function is too large is taken: that depends on nothing but the module.
/// </para>
/// </summary>
/// <param name="MaximumCount">How many iterations a loop may have that becomes a sequence; null for any number.</param>
internal readonly record struct UnrollDegree(int? MaximumCount)
{
    /// <summary>Every loop up to the ceiling.</summary>
    public static readonly UnrollDegree All = new(null);

    // An instruction of LLVM's becomes one or two.
    private const int LargestFunction = 16_000;

    private static readonly ImmutableArray<UnrollDegree> Degrees = [All, new(64), new(8)];

    private static readonly UnrollDegree None = new(0);

    /// <summary>Unrolls further than LLVM's own pipelines do.</summary>
    public string Pass => MaximumCount is { } maximum
        ? string.Create(CultureInfo.InvariantCulture, $"function(loop-simplify,lcssa,loop-unroll<O3;full-unroll-max={maximum};upperbound;no-runtime;no-partial>)")
        : "function(loop-simplify,lcssa,loop-unroll<O3;upperbound;no-runtime;no-partial>)";

    /// <summary>Optimizes a module under the highest degree that it can be encoded with. Gives the degree, and what is wrong with the pipeline.</summary>
    /// <param name="module">The module.</param>
    /// <param name="run">Optimizes it under a degree, and gives what is wrong with the pipeline.</param>
    public static (UnrollDegree Degree, string? Complaint) Apply(LlvmModule module, Func<UnrollDegree, string?> run)
    {
        using LlvmModule original = module.Copy();
        foreach (UnrollDegree degree in Degrees)
        {
            if (run(degree) is { } complaint) return (degree, complaint);
            if (!module.DefinedFunctions().Any(IsTooLarge)) return (degree, null);
            module.Become(original.Copy());
        }

        return (None, run(None));
    }

    private static bool IsTooLarge(LLVMValueRef function) => LlvmModule.Instructions(function).Count > LargestFunction;
}
