using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>
/// Gives the panic handler, and every function of the standard library that only ever panics, the body that the policy
/// says. The standard library's functions are replaced too because they format a message that nobody will read: that is
/// most of the code a panic brings, and none of it is needed to end the program.
/// </summary>
internal sealed unsafe class PanicRewriter(LlvmModule module, PanicPolicy policy)
{
    private readonly AttributeSet attributes = new(module.Context);

    /// <summary>Rewrites, and returns the functions that now end the program.</summary>
    public List<LLVMValueRef> Run()
    {
        if (policy == PanicPolicy.Keep) return [];
        return [.. module.Functions().Where(Panics).Select(Replace)];
    }

    private bool Panics(LLVMValueRef function)
    {
        string name = LlvmModule.NameOf(function);
        if (LlvmModule.IsReserved(name)) return false;
        return RustSymbol.IsPanicHandler(name) || (attributes.Has(function, "noreturn") && RustSymbol.IsStandardLibrary(name));
    }

    /// <summary>A new function takes the old one's place: a body cannot be emptied in place while its values have uses.</summary>
    private LLVMValueRef Replace(LLVMValueRef old)
    {
        string name = LlvmModule.NameOf(old);
        LLVMValueRef function = LLVM.LLVMAddFunction(module.Ref, "", LLVM.LLVMGlobalGetValueType(old));
        LLVM.LLVMSetLinkage(function, LLVMLinkage.Internal);
        LLVM.LLVMSetFunctionCallConv(function, LLVM.LLVMGetFunctionCallConv(old));
        attributes.Add(function, "noreturn");
        attributes.Add(function, "nounwind");
        WriteBody(function, name);
        LLVM.LLVMReplaceAllUsesWith(old, function);
        LLVM.LLVMDeleteFunction(old);
        LlvmModule.Rename(function, name);
        return function;
    }

    private void WriteBody(LLVMValueRef function, string symbol)
    {
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVM.LLVMPositionBuilderAtEnd(builder, LLVM.LLVMAppendBasicBlockInContext(module.Context.Ref, function, ""));
        if (policy == PanicPolicy.Exit) ProgramExit.Build(module.Context, builder);
        else attributes.AddToCall(PanicMarker.Build(module, builder, function, symbol), "nomerge");
        LLVM.LLVMBuildUnreachable(builder);
        LLVM.LLVMDisposeBuilder(builder);
    }
}
