using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Link;

/// <summary>
/// Links modules so that of two declarations of one function the one with a type stays. LLVM keeps the first, which is Rust's: rustc gives a
/// function that it only declares no type, and clang gives it one, by which loaders find it in the kernel.
/// </summary>
internal static class TypedDeclarations
{
    private const string Untyped = ".untyped";

    /// <summary>Moves a module into another, as <see cref="LlvmModule.Link"/> does.</summary>
    public static bool Link(LlvmModule module, LlvmModule source)
    {
        List<string> names = [.. source.Functions().Where(static function => LLVM.LLVMIsDeclaration(function) != 0 && IsTyped(function)).Select(LlvmModule.NameOf)];
        List<(string Name, LLVMValueRef Symbol)> untyped = [.. names.Select(name => (name, Find(module, name)))
            .Where(static pair => !pair.Item2.IsNull && LLVM.LLVMIsDeclaration(pair.Item2) != 0 && !IsTyped(pair.Item2))];
        foreach ((string name, LLVMValueRef symbol) in untyped) LlvmModule.Rename(symbol, name + Untyped);
        bool fits = module.Link(source);
        foreach ((string name, LLVMValueRef symbol) in untyped) Restore(module, name, symbol);
        return fits;
    }

    // Only what the source needs itself has come with it.
    private static void Restore(LlvmModule module, string name, LLVMValueRef symbol)
    {
        if (LLVM.LLVMGetNamedFunction(module.Ref, name) is { IsNull: false } typed)
        {
            LLVM.LLVMReplaceAllUsesWith(symbol, typed);
            if (LLVM.LLVMIsAFunction(symbol).IsNull) LLVM.LLVMDeleteGlobal(symbol);
            else LLVM.LLVMDeleteFunction(symbol);
        }
        else
        {
            LlvmModule.Rename(symbol, name);
        }
    }

    private static LLVMValueRef Find(LlvmModule module, string name) =>
        LLVM.LLVMGetNamedFunction(module.Ref, name) is { IsNull: false } function ? function : LLVM.LLVMGetNamedGlobal(module.Ref, name);

    private static bool IsTyped(LLVMValueRef symbol) => !LLVM.LLVMIsAFunction(symbol).IsNull && !LLVM.LLVMGetSubprogram(symbol).IsNull;
}
