namespace BpfIncr.Stages.Llvm;

/// <summary>
/// The largest words that an operation on memory can go by. The verifier wants accesses to the stack and to the context aligned, and
/// LLVM makes an unaligned word of single bytes, so all depends on what is known of an address. rustc promises little of bytes,
/// but a variable on the stack can be aligned as one likes, and the kernel aligns contexts, map values and what else helpers return.
/// </summary>
/// <param name="module">The module.</param>
internal sealed class MemoryWords(LlvmModule module)
{
    private readonly AttributeSet attributes = new(module.Context);
    private readonly LLVMTargetDataRef layout = LLVM.LLVMGetModuleDataLayout(module.Ref);

    /// <summary>The place of one of the first arguments.</summary>
    public MemoryPlace PlaceOf(MemoryCall call, uint argument) => MemoryPlace.Of(LLVM.LLVMGetOperand(call.Call, argument), layout);

    /// <summary>Aligns the variables that a call works on, and gives the bytes of the largest word that suits all its places.</summary>
    public ulong Align(MemoryCall call)
    {
        ulong word = MemoryPlace.Word;
        for (uint i = 0; i < call.Places; i++) word = Math.Min(word, Align(call, i));
        return word;
    }

    /// <summary>Aligns the variable that one of the first arguments leads to, and gives the bytes of the largest word that suits it.</summary>
    public ulong Align(MemoryCall call, uint argument) => Math.Min(
        MemoryPlace.Word, Math.Max(AlignmentAt(LLVM.LLVMGetOperand(call.Call, argument)), attributes.ArgumentAlignment(call.Call, argument)));

    /// <summary>Aligns the variable that an address leads to, and gives the address' alignment in bytes, up to a word's.</summary>
    public ulong AlignmentAt(LLVMValueRef pointer)
    {
        MemoryPlace place = MemoryPlace.Of(pointer, layout);
        ulong offset = (ulong)place.Offset & (~(ulong)place.Offset + 1);
        return Math.Min(AlignmentOf(place.Base), offset == 0 ? MemoryPlace.Word : offset);
    }

    /// <summary>The bytes that a value of a type takes.</summary>
    public ulong SizeOf(LLVMTypeRef type) => LLVM.LLVMABISizeOfType(layout, type);

    /// <summary>The order in which a copy can be done word by word; null where that depends on how its places overlap.</summary>
    public CopyOrder? OrderOf(MemoryCall call)
    {
        if (call.Function == "memcpy") return CopyOrder.Ascending;
        MemoryPlace to = PlaceOf(call, 0), from = PlaceOf(call, 1);
        if (to.IsApartFrom(from)) return CopyOrder.Ascending;
        if (to.Base != from.Base) return null;
        return to.Offset <= from.Offset ? CopyOrder.Ascending : CopyOrder.Descending;
    }

    /// <summary>How many words, and how many smaller ones for the rest, an operation of a known size takes.</summary>
    public static ulong Count(ulong bytes, ulong word) => (bytes / word) + (ulong)System.Numerics.BitOperations.PopCount(bytes % word);

    private ulong AlignmentOf(LLVMValueRef value)
    {
        var place = new MemoryPlace(value, 0);
        if (place.IsInContext || place.IsAlignedResult) return MemoryPlace.Word;
        if (!LLVM.LLVMIsAGlobalVariable(value).IsNull) return Math.Max(1, LLVM.LLVMGetAlignment(value));
        if (!place.IsOnStack) return 1;
        if (IsLarge(value) && LLVM.LLVMGetAlignment(value) < MemoryPlace.Word) LLVM.LLVMSetAlignment(value, (uint)MemoryPlace.Word);
        return LLVM.LLVMGetAlignment(value);
    }

    // Aligned, a variable of a few bytes would take the stack of a large one.
    private bool IsLarge(LLVMValueRef variable) =>
        LLVM.LLVMABISizeOfType(layout, LLVM.LLVMGetAllocatedType(variable)) >= MemoryPlace.Word;
}
