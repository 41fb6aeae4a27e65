using System.Text;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Replaces memory operations that codegen could only turn into calls of functions that do not exist in the kernel. What has a
/// known size and few words stays whole, so that the optimizer sees through it: codegen makes accesses of it.
/// </summary>
internal sealed unsafe class MemoryLowering(LlvmModule module)
{
    /// <summary>How many words of one operation become accesses of their own; loops go over more.</summary>
    private const ulong MaximumWords = 128;

    // Where it may overlap in any direction, all words have to be loaded before the first is stored, and those that find no register go
    // to the stack, which has 512 bytes.
    private const ulong MaximumOverlapping = 16;

    private readonly MemoryWords words = new(module);

    /// <summary>Lowers all but comparisons of a known number of bytes, and says how many operations it replaced.</summary>
    public int Run() => Run(static call => call.Function != "memcmp" || call.Size is null);

    /// <summary>Lowers the comparisons of a known number of bytes that LLVM has not expanded, and says how many.</summary>
    public int RunOnComparisons() => Run(static call => call.Function == "memcmp" && call.Size is not null);

    private int Run(Func<MemoryCall, bool> isWanted)
    {
        List<MemoryCall> calls = [.. module.DefinedFunctions()
            .Where(static function => !LlvmModule.NameOf(function).StartsWith(OperationReplacer.Prefix, StringComparison.Ordinal))
            .SelectMany(LlvmModule.Calls).Select(MemoryCall.Of).OfType<MemoryCall>().Where(call => isWanted(call) && !StaysWhole(call))];
        foreach (MemoryCall call in calls) Lower(call);
        return calls.Count;
    }

    private bool StaysWhole(MemoryCall call)
    {
        if (!call.IsIntrinsic || call.Size is not { } size) return false;
        ulong count = MemoryWords.Count(size, words.Align(call));
        return call.Function switch
        {
            "memmove" when words.OrderOf(call) is null => count <= MaximumOverlapping,
            // The kernel takes no computed place in a context.
            "memcpy" when words.PlaceOf(call, 0).IsInContext || words.PlaceOf(call, 1).IsInContext => true,
            _ => count <= MaximumWords,
        };
    }

    private MemoryLoop LoopFor(MemoryCall call)
    {
        ulong word = call.Function is "memcmp" or "strlen" || call.Size is null ? 1 : words.Align(call);
        // One loop for each direction has no code for a rest.
        while (call.Function == "memmove" && call.Size % word > 0) word /= 2;
        return new MemoryLoop(call.Function, call.Size, word, call.IsVolatile);
    }

    private LLVMValueRef FunctionOf(MemoryLoop loop)
    {
        LLVMValueRef function = LLVM.LLVMGetNamedFunction(module.Ref, loop.Name);
        if (!function.IsNull) return function;
        OperationReplacer.Add(module, Encoding.UTF8.GetBytes(loop.Text));
        return LLVM.LLVMGetNamedFunction(module.Ref, loop.Name);
    }

    private void Lower(MemoryCall call)
    {
        LLVMValueRef target = FunctionOf(LoopFor(call));
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVM.LLVMPositionBuilderBefore(builder, call.Call);
        uint count = LLVM.LLVMCountParams(target);
        var arguments = stackalloc LLVMValueRef[3];
        for (uint i = 0; i < count; i++)
        {
            LLVMValueRef argument = LLVM.LLVMGetOperand(call.Call, i);
            LLVMTypeRef wanted = LLVM.LLVMTypeOf(LLVM.LLVMGetParam(target, i));
            bool convert = LLVM.LLVMGetTypeKind(wanted) == LLVMTypeKind.Integer && LLVM.LLVMTypeOf(argument) != wanted;
            arguments[i] = convert ? LLVM.LLVMBuildIntCast2(builder, argument, wanted, 0, "") : argument;
        }

        LLVMValueRef result = LLVM.LLVMBuildCall2(builder, LLVM.LLVMGlobalGetValueType(target), target, arguments, count, "");
        // The C functions that move bytes return where they moved them to.
        bool moves = call.Function is "memcpy" or "memmove" or "memset";
        if (!LLVM.LLVMGetFirstUse(call.Call).IsNull) LLVM.LLVMReplaceAllUsesWith(call.Call, moves ? arguments[0] : result);
        LLVM.LLVMInstructionEraseFromParent(call.Call);
        LLVM.LLVMDisposeBuilder(builder);
    }
}
