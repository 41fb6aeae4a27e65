using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>Sets and clears the attributes that decide what is inlined, on functions and on the calls themselves.</summary>
internal sealed class InlineRewriter(LlvmModule module, InlinePolicy policy)
{
    private const int MaximumArguments = 5;
    private readonly AttributeSet attributes = new(module.Context);

    /// <param name="exits">Functions whose body ends the program.</param>
    public void Run(IReadOnlyCollection<LLVMValueRef> exits)
    {
        // "exit" inside a called function would only return to its caller.
        HashSet<LLVMValueRef> reachesExit = policy == InlinePolicy.All ? [] : new CallGraph(module).Reaching(exits);
        foreach (LLVMValueRef function in module.Functions())
        {
            if (LLVM.LLVMGetIntrinsicID(function) != 0) continue;
            bool force = policy == InlinePolicy.All || reachesExit.Contains(function) || !CanBeCalled(function);
            Rewrite(function, force);
        }
    }

    private void Rewrite(LLVMValueRef function, bool force)
    {
        attributes.Remove(function, "cold", "optnone", "optsize", "minsize");
        if (force)
        {
            attributes.Remove(function, "noinline");
            if (LLVM.LLVMIsDeclaration(function) == 0) attributes.Add(function, "alwaysinline");
        }

        foreach (LLVMValueRef call in LlvmModule.Calls(function))
        {
            attributes.RemoveFromCall(call, "cold");
            LLVMValueRef callee = LLVM.LLVMGetCalledValue(call);
            bool mayCall = policy == InlinePolicy.Calls && !LLVM.LLVMIsAFunction(callee).IsNull && CanBeCalled(callee) &&
                !attributes.Has(callee, "alwaysinline");
            if (!mayCall) attributes.RemoveFromCall(call, "noinline");
        }
    }

    /// <summary>A BPF call passes five registers and returns one.</summary>
    private static bool CanBeCalled(LLVMValueRef function)
    {
        LLVMTypeRef type = LLVM.LLVMGlobalGetValueType(function);
        LLVMTypeRef result = LLVM.LLVMGetReturnType(type);
        uint words = 0;
        for (uint i = 0; i < LLVM.LLVMCountParams(function); i++) words += Words(LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, i)));
        return words <= MaximumArguments && Words(result) <= 1 && LLVM.LLVMIsFunctionVarArg(type) == 0;
    }

    private static uint Words(LLVMTypeRef type) => LLVM.LLVMGetTypeKind(type) switch
    {
        LLVMTypeKind.Void => 0,
        LLVMTypeKind.Pointer => 1,
        LLVMTypeKind.Integer => (LLVM.LLVMGetIntTypeWidth(type) + 63) / 64,
        // Aggregates, vectors and floating point cannot be passed in BPF registers at all.
        _ => MaximumArguments + 1,
    };
}
