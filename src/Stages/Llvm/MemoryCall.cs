namespace BpfIncr.Stages.Llvm;

/// <summary>A call that copies, fills or compares memory, or measures a string: one of LLVM's intrinsics, or a function of C.</summary>
/// <param name="Call">The instruction.</param>
/// <param name="Function">What C calls it: memcpy, memmove, memset, memcmp or strlen.</param>
/// <param name="IsIntrinsic">Whether it is one of LLVM's; codegen expands those.</param>
internal sealed record MemoryCall(LLVMValueRef Call, string Function, bool IsIntrinsic)
{
    private const uint SizeOperand = 2, VolatileOperand = 3;

    // Pointers of other address spaces are none that programs have.
    private static readonly (string Prefix, string Function)[] Intrinsics =
    [
        ("llvm.memcpy.p0.p0.", "memcpy"), ("llvm.memcpy.inline.p0.p0.", "memcpy"), ("llvm.memmove.p0.p0.", "memmove"),
        ("llvm.memset.p0.", "memset"), ("llvm.memset.inline.p0.", "memset"),
    ];

    /// <summary>The number of bytes; null where it is known only when the program runs.</summary>
    public ulong? Size => Function != "strlen" && LLVM.LLVMIsAConstantInt(LLVM.LLVMGetOperand(Call, SizeOperand)) is { IsNull: false } size
        ? LLVM.LLVMConstIntGetZExtValue(size)
        : null;

    /// <summary>Whether an intrinsic's last argument says so; C's functions have none.</summary>
    public bool IsVolatile => IsIntrinsic && LLVM.LLVMConstIntGetZExtValue(LLVM.LLVMGetOperand(Call, VolatileOperand)) != 0;

    /// <summary>How many of the first arguments are places.</summary>
    public uint Places => Function is "memset" or "strlen" ? 1u : 2u;

    /// <summary>Reads a call; null for any other call.</summary>
    public static MemoryCall? Of(LLVMValueRef call)
    {
        LLVMValueRef callee = LLVM.LLVMGetCalledValue(call);
        if (LLVM.LLVMIsAFunction(callee).IsNull) return null;
        string name = LlvmModule.NameOf(callee);
        bool isIntrinsic = LLVM.LLVMGetIntrinsicID(callee) != 0;
        string? function = isIntrinsic
            ? Intrinsics.FirstOrDefault(intrinsic => name.StartsWith(intrinsic.Prefix, StringComparison.Ordinal)).Function
            : FunctionOfC(call, callee, name);
        return function is null ? null : new MemoryCall(call, function, isIntrinsic);
    }

    private static string? FunctionOfC(LLVMValueRef call, LLVMValueRef callee, string name)
    {
        if (LLVM.LLVMGetCalledFunctionType(call) != LLVM.LLVMGlobalGetValueType(callee)) return null;
        return (name, TypeOf(callee)) switch
        {
            ("memcpy" or "memmove", "ptr,ptr,i64 ptr") or ("memset", "ptr,i32,i64 ptr") or ("memcmp", "ptr,ptr,i64 i32") => name,
            ("bcmp", "ptr,ptr,i64 i32") => "memcmp",
            // A program may well have its own of this name.
            ("strlen", "ptr i64") when LLVM.LLVMIsDeclaration(callee) != 0 => name,
            _ => null,
        };
    }

    // Only what has the types of C's function is that function.
    private static string TypeOf(LLVMValueRef function)
    {
        var parameters = Enumerable.Range(0, (int)LLVM.LLVMCountParams(function))
            .Select(i => NameOf(LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, (uint)i))));
        return $"{string.Join(',', parameters)} {NameOf(LLVM.LLVMGetReturnType(LLVM.LLVMGlobalGetValueType(function)))}";
    }

    private static string NameOf(LLVMTypeRef type) => LLVM.LLVMGetTypeKind(type) switch
    {
        LLVMTypeKind.Integer => $"i{LLVM.LLVMGetIntTypeWidth(type)}",
        LLVMTypeKind.Pointer when LLVM.LLVMGetPointerAddressSpace(type) == 0 => "ptr",
        _ => "another",
    };
}
