namespace BpfIncr.Stages.Llvm;

/// <summary>Replaces operations that BPF has no instruction for by calls of functions that do the same with others.</summary>
internal static unsafe class OperationReplacer
{
    /// <summary>Begins the names of bpfincr's own functions, which no program may have.</summary>
    public const string Prefix = "bpfincr.";

    /// <summary>Replaces operations; whether there were any. The functions are to be inlined then.</summary>
    /// <param name="module">The module.</param>
    /// <param name="functions">The text of the functions, all of which have <c>alwaysinline</c>.</param>
    /// <param name="functionFor">The name of the function for an instruction; null for one that stays.</param>
    public static bool Run(LlvmModule module, ReadOnlySpan<byte> functions, Func<LLVMValueRef, string?> functionFor)
    {
        List<(LLVMValueRef Operation, string Function)> operations = [.. module.DefinedFunctions().SelectMany(LlvmModule.Instructions)
            .Select(operation => (operation, functionFor(operation)!)).Where(static pair => pair.Item2 is not null)];
        if (operations.Count == 0) return false;
        Add(module, functions);
        foreach ((LLVMValueRef operation, string function) in operations) Replace(module, operation, LLVM.LLVMGetNamedFunction(module.Ref, function));
        return true;
    }

    /// <summary>Adds functions to a module, local ones.</summary>
    public static void Add(LlvmModule module, ReadOnlySpan<byte> functions)
    {
        using LlvmModule library = module.Context.ParseText(functions);
        library.AdoptTarget(module);
        List<string> names = [.. library.DefinedFunctions().Select(LlvmModule.NameOf)];
        module.Link(library);
        // Linking leaves local functions behind, so they become local only now.
        foreach (string name in names) LLVM.LLVMSetLinkage(LLVM.LLVMGetNamedFunction(module.Ref, name), LLVMLinkage.Internal);
    }

    // The function may work on a wider type than the operation, whose operands and result are signed then.
    private static void Replace(LlvmModule module, LLVMValueRef operation, LLVMValueRef function)
    {
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVM.LLVMPositionBuilderBefore(builder, operation);
        var arguments = stackalloc LLVMValueRef[2];
        for (uint i = 0; i < 2; i++)
            arguments[i] = LLVM.LLVMBuildIntCast2(builder, LLVM.LLVMGetOperand(operation, i), LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, i)), 1, "");
        LLVMValueRef result = LLVM.LLVMBuildCall2(builder, LLVM.LLVMGlobalGetValueType(function), function, arguments, 2, "");
        LLVMTypeRef type = LLVM.LLVMTypeOf(operation);
        if (LLVM.LLVMGetTypeKind(type) == LLVMTypeKind.Integer) result = LLVM.LLVMBuildIntCast2(builder, result, type, 1, "");
        LLVM.LLVMReplaceAllUsesWith(operation, result);
        LLVM.LLVMInstructionEraseFromParent(operation);
        LLVM.LLVMDisposeBuilder(builder);
    }
}
