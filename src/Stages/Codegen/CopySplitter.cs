using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Makes loads and stores of copies whose size is known, word by word, each at a constant place: the cheapest that the verifier can be
/// given, and the only one that it takes in a context. Codegen by itself loads all words of a copy before it stores the
/// first, and those that find no register go to the stack. Until here a copy is one operation, so that the optimizer can see
/// through it; split earlier, what it would have removed takes the stack.
/// </summary>
/// <param name="module">The module.</param>
/// <param name="unalignedWords">Whether the kernels that the object is for take unaligned words where memory allows them.</param>
internal sealed unsafe class CopySplitter(LlvmModule module, bool unalignedWords)
{
    // So many words find registers.
    private const ulong MaximumTogether = 4;

    private readonly AttributeSet attributes = new(module.Context);
    private readonly MemoryWords words = new(module);
    private bool hasSplit;

    /// <summary>Splits the copies of a module, and aligns what is left to codegen.</summary>
    public void Run()
    {
        foreach (LLVMValueRef call in module.DefinedFunctions().SelectMany(LlvmModule.Calls))
            if (MemoryCall.Of(call) is { IsIntrinsic: true, Size: { } size } known)
                Split(known, size);
        // What was copied from a constant is known now.
        if (hasSplit) PassRunner.Run(module, "function(instsimplify),globaldce");
    }

    private void Split(MemoryCall call, ulong size)
    {
        ulong aligned = words.Align(call);
        for (uint i = 0; i < call.Places; i++) attributes.AlignArgument(call.Call, i, aligned);
        if (call.Function == "memset" || words.OrderOf(call) is not { } order) return;
        MemoryPlace to = words.PlaceOf(call, 0), from = words.PlaceOf(call, 1);
        ulong word = Math.Min(WordAt(call, 0, to), WordAt(call, 1, from));
        if (MemoryWords.Count(size, word) <= MaximumTogether && word == aligned) return;
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVM.LLVMPositionBuilderBefore(builder, call.Call);
        IEnumerable<(ulong At, ulong Bytes)> parts = Parts(size, word);
        foreach ((ulong at, ulong bytes) in order == CopyOrder.Ascending ? parts : parts.Reverse())
            Copy(builder, to, from, at, bytes, Math.Min(bytes, aligned), keepsOrder: call.IsVolatile || !IsConstant(from));
        LLVM.LLVMDisposeBuilder(builder);
        LLVM.LLVMInstructionEraseFromParent(call.Call);
        hasSplit = true;
    }

    private ulong WordAt(MemoryCall call, uint argument, MemoryPlace place) =>
        unalignedWords && TakesUnaligned(place) ? MemoryPlace.Word : words.Align(call, argument);

    // The verifier keeps track of the stack by words, and kernels rewrite accesses to contexts.
    private static bool TakesUnaligned(MemoryPlace place) => !place.IsOnStack && !place.IsInContext;

    private static bool IsConstant(MemoryPlace place) =>
        !LLVM.LLVMIsAGlobalVariable(place.Base).IsNull && LLVM.LLVMIsGlobalConstant(place.Base) != 0;

    private static IEnumerable<(ulong At, ulong Bytes)> Parts(ulong size, ulong word)
    {
        for (ulong at = 0; at < size; at += word)
        {
            while (word > size - at) word /= 2;
            yield return (at, word);
        }
    }

    private void Copy(LLVMBuilderRef builder, MemoryPlace to, MemoryPlace from, ulong at, ulong bytes, ulong alignment, bool keepsOrder)
    {
        LLVMTypeRef type = LLVM.LLVMIntTypeInContext(module.Context.Ref, (uint)bytes * 8);
        LLVMValueRef load = LLVM.LLVMBuildLoad2(builder, type, Address(builder, from, at), "");
        LLVMValueRef store = LLVM.LLVMBuildStore(builder, load, Address(builder, to, at));
        foreach (LLVMValueRef access in (ReadOnlySpan<LLVMValueRef>)[load, store])
        {
            LLVM.LLVMSetAlignment(access, (uint)alignment);
            // Otherwise codegen would load many words before it stores the first, again.
            LLVM.LLVMSetVolatile(access, keepsOrder ? 1 : 0);
        }
    }

    private LLVMValueRef Address(LLVMBuilderRef builder, MemoryPlace place, ulong at)
    {
        LLVMContextRef context = module.Context.Ref;
        LLVMValueRef offset = LLVM.LLVMConstInt(LLVM.LLVMInt64TypeInContext(context), (ulong)(place.Offset + (long)at), 1);
        return LLVM.LLVMBuildGEP2(builder, LLVM.LLVMIntTypeInContext(context, 8), place.Base, &offset, 1, "");
    }
}
