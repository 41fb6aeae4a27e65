using System.Globalization;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;

namespace BpfIncr.Stages.Codegen;

/// <summary>Names each loop that is left: kernels before 5.3 take none, and say so only at a user's machine.</summary>
internal sealed class LoopLint(LlvmModule module)
{
    /// <summary>Reports them.</summary>
    public void Run()
    {
        foreach (LLVMValueRef function in module.DefinedFunctions())
            foreach (LLVMValueRef jump in JumpsBack(function))
                module.Context.Report(Loop(function, jump));
    }

    private static Diagnostic Loop(LLVMValueRef function, LLVMValueRef jump)
    {
        SourceLocation at = PlaceOf(jump) ?? DebugLocation.OfFunction(function);
        string ceiling = OptimizeStage.UnrollCeiling.ToString("N0", CultureInfo.InvariantCulture);
        return Diagnostic.Error(
            "BPFI2426", $"{at.Function} has a loop, which the variant's kernel does not take",
            $"give the loop a constant bound that is small enough to unroll it: its instructions times its iterations are to be below {ceiling}; or build for kernel 5.4 or newer, which takes loops whose end its verifier can see").At(at);
    }

    // A jump that the optimizer has made has no place: the last thing that is done before it has.
    private static SourceLocation? PlaceOf(LLVMValueRef jump)
    {
        for (LLVMValueRef at = jump; !at.IsNull; at = LLVM.LLVMGetPreviousInstruction(at))
            if (DebugLocation.Of(at) is { Line: > 0 } place)
                return place;
        return null;
    }

    // Goes through the blocks depth first: what jumps to a block on the path to it closes a loop. With a stack of its own, as
    // unrolled programs have thousands of blocks in a row.
    private static IEnumerable<LLVMValueRef> JumpsBack(LLVMValueRef function)
    {
        var seen = new HashSet<LLVMBasicBlockRef>();
        var path = new HashSet<LLVMBasicBlockRef>();
        var work = new Stack<(LLVMBasicBlockRef Block, LLVMValueRef Jump, bool Leave)>([(LLVM.LLVMGetFirstBasicBlock(function), default, false)]);
        while (work.TryPop(out (LLVMBasicBlockRef Block, LLVMValueRef Jump, bool Leave) step))
        {
            if (step.Leave) path.Remove(step.Block);
            else if (path.Contains(step.Block)) yield return step.Jump;
            if (step.Leave || !seen.Add(step.Block)) continue;
            path.Add(step.Block);
            work.Push((step.Block, default, true));
            LLVMValueRef jump = LLVM.LLVMGetLastInstruction(step.Block);
            for (uint i = 0; i < LLVM.LLVMGetNumSuccessors(jump); i++) work.Push((LLVM.LLVMGetSuccessor(jump, i), jump, false));
        }
    }
}
