namespace BpfIncr.Stages.Llvm;

/// <summary>
/// The call that patch leaves where a panic would be when panics are rejected; optimize looks for what remains. Its name says which of the
/// standard library's functions would have panicked, and it is given the text of the panic where that function is.
/// </summary>
internal static unsafe class PanicMarker
{
    private const string Prefix = "bpfincr.panic.";

    // A text and its length come first. Only these: the address of what is on the stack would keep it there.
    private static readonly string[] WithText =
        ["core::panicking::panic", "core::panicking::panic_nounwind", "core::option::expect_failed", "core::result::unwrap_failed"];

    /// <summary>Adds a call at the builder's position, at the end of what is to be the body of <paramref name="panics"/>.</summary>
    /// <param name="module">The module.</param>
    /// <param name="builder">The builder.</param>
    /// <param name="panics">The function.</param>
    /// <param name="symbol">Its name, which may not be its own yet.</param>
    public static LLVMValueRef Build(LlvmModule module, LLVMBuilderRef builder, LLVMValueRef panics, string symbol)
    {
        LLVMValueRef[] text = TakesText(panics, symbol) ? [LLVM.LLVMGetParam(panics, 0), LLVM.LLVMGetParam(panics, 1)] : [];
        LLVMTypeRef[] types = [.. text.Select(LLVM.LLVMTypeOf)];
        fixed (LLVMTypeRef* parameters = types)
        fixed (LLVMValueRef* arguments = text)
        {
            LLVMTypeRef type = LLVM.LLVMFunctionType(LLVM.LLVMVoidTypeInContext(module.Context.Ref), parameters, (uint)types.Length, 0);
            LLVMValueRef marker = LLVM.LLVMGetNamedFunction(module.Ref, Prefix + symbol);
            if (marker.IsNull) marker = LLVM.LLVMAddFunction(module.Ref, Prefix + symbol, type);
            return LLVM.LLVMBuildCall2(builder, type, marker, arguments, (uint)text.Length, "");
        }
    }

    /// <summary>Every remaining call, with the path of the function that would panic, and its text where it is known.</summary>
    public static IEnumerable<(LLVMValueRef Call, string Path, string? Text)> Find(LlvmModule module)
    {
        foreach (LLVMValueRef call in module.DefinedFunctions().SelectMany(LlvmModule.Calls))
        {
            LLVMValueRef callee = LLVM.LLVMGetCalledValue(call);
            string name = LLVM.LLVMIsAFunction(callee).IsNull ? "" : LlvmModule.NameOf(callee);
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            bool hasText = LLVM.LLVMCountParams(callee) == 2;
            yield return (call, RustSymbol.Demangle(name[Prefix.Length..]), hasText ? TextOf(LLVM.LLVMGetOperand(call, 0), LLVM.LLVMGetOperand(call, 1)) : null);
        }
    }

    private static bool TakesText(LLVMValueRef function, string symbol) =>
        WithText.Contains(RustSymbol.Demangle(symbol)) && LLVM.LLVMCountParams(function) >= 2
        && LLVM.LLVMGetTypeKind(LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, 0))) == LLVMTypeKind.Pointer
        && LLVM.LLVMGetTypeKind(LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, 1))) == LLVMTypeKind.Integer;

    // rustc makes a structure around the bytes.
    private static string? TextOf(LLVMValueRef text, LLVMValueRef length)
    {
        if (LLVM.LLVMIsAGlobalVariable(text).IsNull || LLVM.LLVMIsAConstantInt(length).IsNull) return null;
        LLVMValueRef bytes = LLVM.LLVMGetInitializer(text);
        if (!bytes.IsNull && !LLVM.LLVMIsAConstantStruct(bytes).IsNull && LLVM.LLVMGetNumOperands(bytes) == 1) bytes = LLVM.LLVMGetOperand(bytes, 0);
        if (bytes.IsNull || LLVM.LLVMIsAConstantDataSequential(bytes).IsNull) return null;
        byte* start = LLVM.LLVMGetAsString(bytes, out nuint size);
        return LlvmText.Borrow(start, (nuint)Math.Min(size, LLVM.LLVMConstIntGetZExtValue(length)));
    }
}
