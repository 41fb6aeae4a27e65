using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Replaces memory operations that codegen could only turn into calls of functions that do not exist in the kernel.
/// Short ones of a known size stay: codegen expands them into loads and stores.
/// </summary>
internal sealed unsafe class MemoryLowering(LlvmModule module)
{
    /// <summary>How many loads and stores LLVM's BPF target makes of one operation at most.</summary>
    private const ulong MaximumStores = 128;

    // Codegen loads all words of a copy before it stores the first, and those that find no register go to the stack, which has 512 bytes.
    private const ulong MaximumCopies = 16;

    private const uint SizeOperand = 2, VolatileOperand = 3;

    // Pointers of other address spaces are none that our functions take.
    private static readonly (string Prefix, string Function)[] Intrinsics =
    [
        ("llvm.memcpy.p0.p0.", "memcpy"), ("llvm.memcpy.inline.p0.p0.", "memcpy"), ("llvm.memmove.p0.p0.", "memmove"),
        ("llvm.memset.p0.", "memset"), ("llvm.memset.inline.p0.", "memset"),
    ];

    private readonly AttributeSet attributes = new(module.Context);

    /// <summary>Lowers all but comparisons of a known number of bytes, and says how many operations it replaced.</summary>
    public int Run() => Run(static (call, function) => function != "memcmp" || !IsSizeKnown(call));

    /// <summary>Lowers the comparisons of a known number of bytes that LLVM has not expanded, and says how many.</summary>
    public int RunOnComparisons() => Run(static (call, function) => function == "memcmp" && IsSizeKnown(call));

    private int Run(Func<LLVMValueRef, string, bool> isWanted)
    {
        List<(LLVMValueRef Call, string? Function)> calls = [.. module.DefinedFunctions()
            .Where(static function => !LlvmModule.NameOf(function).StartsWith(MemoryFunctions.Prefix, StringComparison.Ordinal))
            .SelectMany(LlvmModule.Calls)
            .Select(call => (call, FunctionFor(call)))
            .Where(pair => pair.Item2 is not null && isWanted(pair.call, pair.Item2))];
        if (calls.Count == 0) return 0;
        AddFunctions();
        foreach ((LLVMValueRef call, string? function) in calls) Lower(call, function!);
        return calls.Count;
    }

    private string? FunctionFor(LLVMValueRef call)
    {
        LLVMValueRef callee = LLVM.LLVMGetCalledValue(call);
        if (LLVM.LLVMIsAFunction(callee).IsNull) return null;
        string name = LlvmModule.NameOf(callee);
        if (LLVM.LLVMGetIntrinsicID(callee) == 0)
            return (name, LLVM.LLVMGetCalledFunctionType(call) == LLVM.LLVMGlobalGetValueType(callee) ? TypeOf(callee) : "") switch
            {
                ("memcpy" or "memmove", "ptr,ptr,i64 ptr") or ("memset", "ptr,i32,i64 ptr") or ("memcmp", "ptr,ptr,i64 i32") => name,
                ("bcmp", "ptr,ptr,i64 i32") => "memcmp",
                // A program may well have its own of this name.
                ("strlen", "ptr i64") when LLVM.LLVMIsDeclaration(callee) != 0 => name,
                _ => null,
            };
        string? function = Intrinsics.FirstOrDefault(intrinsic => name.StartsWith(intrinsic.Prefix, StringComparison.Ordinal)).Function;
        return function is null || IsExpandable(call, function) ? null : function;
    }

    // Only what has the types of C's function is that function.
    private static string TypeOf(LLVMValueRef function)
    {
        var parameters = Enumerable.Range(0, (int)LLVM.LLVMCountParams(function)).Select(i => NameOf(LLVM.LLVMTypeOf(LLVM.LLVMGetParam(function, (uint)i))));
        return $"{string.Join(',', parameters)} {NameOf(LLVM.LLVMGetReturnType(LLVM.LLVMGlobalGetValueType(function)))}";
    }

    private static string NameOf(LLVMTypeRef type) => LLVM.LLVMGetTypeKind(type) switch
    {
        LLVMTypeKind.Integer => $"i{LLVM.LLVMGetIntTypeWidth(type)}",
        LLVMTypeKind.Pointer when LLVM.LLVMGetPointerAddressSpace(type) == 0 => "ptr",
        _ => "another",
    };

    private bool IsExpandable(LLVMValueRef call, string function)
    {
        if (!IsSizeKnown(call)) return false;
        ulong bytes = LLVM.LLVMConstIntGetZExtValue(LLVM.LLVMGetOperand(call, SizeOperand));
        ulong alignment = attributes.ArgumentAlignment(call, 0);
        if (function != "memset") alignment = Math.Min(alignment, attributes.ArgumentAlignment(call, 1));
        ulong word = Math.Min(alignment, 8);
        return (bytes / word) + (ulong)System.Numerics.BitOperations.PopCount(bytes % word) <= (function == "memset" ? MaximumStores : MaximumCopies);
    }

    private void Lower(LLVMValueRef call, string function)
    {
        LLVMValueRef target = LLVM.LLVMGetNamedFunction(module.Ref, MemoryFunctions.Prefix + function + SuffixFor(call, function));
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVM.LLVMPositionBuilderBefore(builder, call);
        uint count = LLVM.LLVMCountParams(target);
        var arguments = stackalloc LLVMValueRef[3];
        for (uint i = 0; i < count; i++)
        {
            LLVMValueRef argument = LLVM.LLVMGetOperand(call, i);
            LLVMTypeRef wanted = LLVM.LLVMTypeOf(LLVM.LLVMGetParam(target, i));
            bool convert = LLVM.LLVMGetTypeKind(wanted) == LLVMTypeKind.Integer && LLVM.LLVMTypeOf(argument) != wanted;
            arguments[i] = convert ? LLVM.LLVMBuildIntCast2(builder, argument, wanted, 0, "") : argument;
        }

        LLVMValueRef result = LLVM.LLVMBuildCall2(builder, LLVM.LLVMGlobalGetValueType(target), target, arguments, count, "");
        // The C functions that move bytes return where they moved them to.
        bool moves = function is "memcpy" or "memmove" or "memset";
        if (!LLVM.LLVMGetFirstUse(call).IsNull) LLVM.LLVMReplaceAllUsesWith(call, moves ? arguments[0] : result);
        LLVM.LLVMInstructionEraseFromParent(call);
        LLVM.LLVMDisposeBuilder(builder);
    }

    private static string SuffixFor(LLVMValueRef call, string function)
    {
        if (function == "strlen") return "";
        string unknown = IsSizeKnown(call) ? "" : MemoryFunctions.Unknown;
        return IsVolatile(call) ? unknown + MemoryFunctions.Volatile : unknown;
    }

    private static bool IsSizeKnown(LLVMValueRef call) => !LLVM.LLVMIsAConstantInt(LLVM.LLVMGetOperand(call, SizeOperand)).IsNull;

    /// <summary>Whether an intrinsic's last argument says so; C's functions have none.</summary>
    private static bool IsVolatile(LLVMValueRef call) =>
        LLVM.LLVMGetIntrinsicID(LLVM.LLVMGetCalledValue(call)) != 0 && LLVM.LLVMConstIntGetZExtValue(LLVM.LLVMGetOperand(call, VolatileOperand)) != 0;

    private void AddFunctions()
    {
        if (!LLVM.LLVMGetNamedFunction(module.Ref, MemoryFunctions.Prefix + "memcpy").IsNull) return;
        using LlvmModule functions = module.Context.ParseText(MemoryFunctions.Text);
        functions.AdoptTarget(module);
        List<string> names = [.. functions.DefinedFunctions().Select(LlvmModule.NameOf)];
        module.Link(functions);
        // Linking leaves local functions behind, so they become local only now.
        foreach (string name in names)
            LLVM.LLVMSetLinkage(LLVM.LLVMGetNamedFunction(module.Ref, name), LLVMLinkage.Internal);
    }
}
