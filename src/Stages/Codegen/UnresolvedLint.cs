using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;
using BpfIncr.Stages.Optimize;

namespace BpfIncr.Stages.Codegen;

/// <summary>Names each use of a symbol that nothing defines, with its place: the object only says which function it is in.</summary>
internal sealed class UnresolvedLint(LlvmModule module)
{
    private readonly AttributeSet attributes = new(module.Context);

    /// <summary>Reports them.</summary>
    public void Run()
    {
        foreach (LLVMValueRef function in module.DefinedFunctions())
            foreach (LLVMValueRef instruction in LlvmModule.Instructions(function))
                foreach (LLVMValueRef symbol in LlvmModule.Operands(instruction).Where(IsUnresolved))
                    Report(symbol, DebugLocation.Of(instruction));
    }

    private void Report(LLVMValueRef symbol, SourceLocation at)
    {
        string name = DebugLocation.NameOf(symbol);
        string message = $"unresolved symbol {name}, which {at.Function} needs";
        Diagnostic finding = !LLVM.LLVMIsAFunction(symbol).IsNull && attributes.Has(symbol, "noreturn") && RustSymbol.IsStandardLibrary(LlvmModule.NameOf(symbol))
            ? Panic(message, PanicCause.Of(name, text: null))
            : Diagnostic.Error("BPFI2504", message, ObjectCheck.UnresolvedHint);
        module.Context.Report(finding.At(at));
    }

    private static Diagnostic Panic(string message, PanicCause cause) => Diagnostic.Error(
        "BPFI2504", $"{message} for a panic that can be reached: {cause.What}", $"{cause.Advice}, so that the compiler sees that it cannot happen; or link the core crate that the symbol is of.");

    private static bool IsUnresolved(LLVMValueRef value) =>
        !LLVM.LLVMIsAGlobalObject(value).IsNull && LLVM.LLVMIsDeclaration(value) != 0 && !LlvmModule.IsReserved(LlvmModule.NameOf(value));
}
