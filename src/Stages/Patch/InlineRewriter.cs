using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>Sets and clears the attributes that decide what is inlined, on functions and on the calls themselves.</summary>
internal sealed class InlineRewriter(LlvmModule module, InlinePolicy policy)
{
    private const int MaximumArguments = 5;
    private readonly AttributeSet attributes = new(module.Context);
    private readonly bool hasDebugInfo = module.DefinedFunctions().Any(static function => !LLVM.LLVMGetSubprogram(function).IsNull);

    /// <param name="exits">Functions whose body ends the program.</param>
    public void Run(IReadOnlyCollection<LLVMValueRef> exits)
    {
        // "exit" inside a called function would only return to its caller.
        HashSet<LLVMValueRef> reachesExit = policy == InlinePolicy.All ? [] : new CallGraph(module).Reaching(exits);
        List<LLVMValueRef> functions = [.. module.Functions().Where(static function => LLVM.LLVMGetIntrinsicID(function) == 0)];
        foreach (LLVMValueRef function in functions)
            RewriteFunction(function, policy == InlinePolicy.All || reachesExit.Contains(function) || !CanBeCalled(function));
        foreach (LLVMValueRef call in functions.SelectMany(LlvmModule.Calls)) RewriteCall(call);
    }

    private void RewriteFunction(LLVMValueRef function, bool force)
    {
        attributes.Remove(function, "cold", "optnone", "optsize", "minsize");
        // BPF passes the place for a result like any other pointer, but codegen refuses what is marked as one.
        attributes.RemoveFromParameter(function, "sret");
        if (!force) return;
        attributes.Remove(function, "noinline");
        if (LLVM.LLVMIsDeclaration(function) == 0) attributes.Add(function, "alwaysinline");
    }

    /// <summary>rustc writes both on the calls of panic functions; on a call they count more than what the function says.</summary>
    private void RewriteCall(LLVMValueRef call)
    {
        attributes.RemoveFromCall(call, "cold");
        attributes.RemoveFromArgument(call, "sret");
        LLVMValueRef callee = LLVM.LLVMGetCalledValue(call);
        if (LLVM.LLVMIsAFunction(callee).IsNull || attributes.Has(callee, "alwaysinline")) attributes.RemoveFromCall(call, "noinline");
    }

    /// <summary>A BPF call passes five registers and returns one.</summary>
    private bool CanBeCalled(LLVMValueRef function)
    {
        // libbpf refuses an object in which some functions have type information and some, of a library, have none.
        if (hasDebugInfo && LLVM.LLVMGetSubprogram(function).IsNull) return false;
        LLVMTypeRef type = LLVM.LLVMGlobalGetValueType(function);
        LLVMTypeRef result = LLVM.LLVMGetReturnType(type);
        uint words = 0;
        for (uint i = 0; i < LLVM.LLVMCountParams(function); i++)
        {
            // What is passed on the stack has to be copied there by a call, which BPF's does not do.
            if (attributes.HasOnParameter(function, i, "byval")) return false;
            words += Words(LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, i)));
        }

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
