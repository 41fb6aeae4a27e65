using BpfIncr.Stages.KernelFunctions;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>
/// Declares the functions of the kernel that a program calls (kfuncs) as clang does for <c>__ksym</c>: in the section <c>.ksyms</c> and with a type, so
/// that code generation writes both into the BTF by which loaders find them. What C bitcode that was linked in declares has a type
/// already; for what Rust declares, <see cref="KernelFunctionTable"/> has one.
/// </summary>
internal sealed class KernelSymbols(LlvmModule module)
{
    /// <summary>Declares them; whatever no kernel is known to have is left to codegen, which names each use.</summary>
    public void Run()
    {
        // Without debug info there is no BTF either.
        if (LLVM.LLVMGetNamedMetadataNumOperands(module.Ref, "llvm.dbg.cu") == 0) return;
        using var writer = new PrototypeWriter(module);
        foreach (LLVMValueRef function in Declared(module.Functions())) Describe(function, writer);
        // What is weak in Rust is a variable at the place of the function: #[linkage = "extern_weak"] static f: Option<unsafe extern "C" fn()>.
        foreach (LLVMValueRef variable in Declared(module.Globals()).Where(static variable => KernelFunctionTable.Prototypes(LlvmModule.NameOf(variable)).Count > 0))
            Describe(ToFunction(variable), writer);
    }

    private static IEnumerable<LLVMValueRef> Declared(IEnumerable<LLVMValueRef> symbols) => symbols.Where(static symbol =>
        LLVM.LLVMIsDeclaration(symbol) != 0 && !LLVM.LLVMGetFirstUse(symbol).IsNull && !LlvmModule.IsReserved(LlvmModule.NameOf(symbol)));

    private static unsafe void Describe(LLVMValueRef function, PrototypeWriter writer)
    {
        string name = LlvmModule.NameOf(function);
        IReadOnlyList<string> known = KernelFunctionTable.Prototypes(name);
        if (LLVM.LLVMGetSubprogram(function).IsNull)
        {
            if (known.Select(KernelType.Parse).FirstOrDefault(prototype => Fits(function, prototype)) is not { } prototype) return;
            LLVM.LLVMSetSubprogram(function, writer.Function(name, prototype));
        }

        // One that C declares without __ksym, and that no kernel has, is only missing.
        if (known.Count > 0) LLVM.LLVMSetSection(function, LlvmModule.KernelSection);
    }

    private static bool Fits(LLVMValueRef function, KernelType prototype)
    {
        if (LLVM.LLVMCountParams(function) != prototype.Parameters.Length) return false;
        return !prototype.Parameters.Where((parameter, i) =>
            parameter.Kind == KernelTypeKind.Pointer != (LLVM.LLVMGetTypeKind(LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, (uint)i))) == LLVMTypeKind.Pointer)).Any();
    }

    private LLVMValueRef ToFunction(LLVMValueRef variable)
    {
        string name = LlvmModule.NameOf(variable);
        LLVMValueRef function = LLVM.LLVMAddFunction(module.Ref, "", TypeOf(KernelType.Parse(KernelFunctionTable.Prototypes(name)[0])));
        LLVM.LLVMSetLinkage(function, LLVM.LLVMGetLinkage(variable));
        LLVM.LLVMReplaceAllUsesWith(variable, function);
        LLVM.LLVMDeleteGlobal(variable);
        LlvmModule.Rename(function, name);
        return function;
    }

    private unsafe LLVMTypeRef TypeOf(KernelType prototype)
    {
        LLVMTypeRef[] parameters = [.. prototype.Parameters.Select(ValueType)];
        fixed (LLVMTypeRef* first = parameters) return LLVM.LLVMFunctionType(ValueType(prototype.Target!), first, (uint)parameters.Length, 0);
    }

    private LLVMTypeRef ValueType(KernelType type) => type.Kind switch
    {
        KernelTypeKind.Void => LLVM.LLVMVoidTypeInContext(module.Context.Ref),
        KernelTypeKind.Pointer => LLVM.LLVMPointerTypeInContext(module.Context.Ref, 0),
        _ => LLVM.LLVMIntTypeInContext(module.Context.Ref, (uint)type.Bits),
    };
}
