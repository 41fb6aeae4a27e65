using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>Finds which numbers a value can be, where it is chosen among constants or computed from such a choice.</summary>
internal static class ChosenNumbers
{
    private const int Maximum = 32;

    /// <summary>The numbers, as signed ones; null where there are many, or nobody knows them.</summary>
    public static SortedSet<long>? Of(LLVMValueRef value) => Of(value, []);

    /// <summary>What a select or a phi chooses from.</summary>
    public static IEnumerable<LLVMValueRef> Choices(LLVMValueRef choice)
    {
        bool isSelect = LLVM.LLVMGetInstructionOpcode(choice) == LLVMOpcode.Select;
        return isSelect
            ? [LLVM.LLVMGetOperand(choice, 1), LLVM.LLVMGetOperand(choice, 2)]
            : Enumerable.Range(0, (int)LLVM.LLVMCountIncoming(choice)).Select(i => LLVM.LLVMGetIncomingValue(choice, (uint)i));
    }

    // What is being looked at is known to be nothing yet: a value that depends on itself counts in a loop.
    private static SortedSet<long>? Of(LLVMValueRef value, Dictionary<LLVMValueRef, SortedSet<long>?> known)
    {
        LLVMTypeRef type = LLVM.LLVMTypeOf(value);
        if (LLVM.LLVMGetTypeKind(type) != LLVMTypeKind.Integer || LLVM.LLVMGetIntTypeWidth(type) > 64) return null;
        if (!LLVM.LLVMIsAConstantInt(value).IsNull) return [LLVM.LLVMConstIntGetSExtValue(value)];
        int width = (int)LLVM.LLVMGetIntTypeWidth(type);
        if (width == 1) return [0, -1];
        if (LLVM.LLVMIsAInstruction(value).IsNull) return null;
        if (known.TryGetValue(value, out SortedSet<long>? numbers)) return numbers;
        known[value] = null;
        SortedSet<long>? found = LLVM.LLVMGetInstructionOpcode(value) switch
        {
            LLVMOpcode.Select or LLVMOpcode.Phi => Union(Choices(value).Select(choice => Of(choice, known))),
            LLVMOpcode.SExt or LLVMOpcode.Trunc => Each(Of(LLVM.LLVMGetOperand(value, 0), known), number => Signed(number, width)),
            LLVMOpcode.ZExt => Each(Of(LLVM.LLVMGetOperand(value, 0), known), number => Unsigned(number, WidthOf(LLVM.LLVMGetOperand(value, 0)))),
            LLVMOpcode.Add => Pairs(value, known, (one, other) => Signed(one + other, width)),
            LLVMOpcode.Sub => Pairs(value, known, (one, other) => Signed(one - other, width)),
            LLVMOpcode.Mul => Pairs(value, known, (one, other) => Signed(one * other, width)),
            LLVMOpcode.Shl => Pairs(value, known, (one, other) => Signed(one << (int)other, width)),
            LLVMOpcode.And => Pairs(value, known, static (one, other) => one & other),
            LLVMOpcode.Or => Pairs(value, known, static (one, other) => one | other),
            LLVMOpcode.Xor => Pairs(value, known, static (one, other) => one ^ other),
            _ => null,
        };
        return known[value] = found is { Count: <= Maximum } ? found : null;
    }

    private static SortedSet<long>? Union(IEnumerable<SortedSet<long>?> sets)
    {
        var all = new SortedSet<long>();
        foreach (SortedSet<long>? set in sets)
        {
            if (set is null) return null;
            all.UnionWith(set);
        }

        return all;
    }

    private static SortedSet<long>? Each(SortedSet<long>? numbers, Func<long, long> convert) => numbers is null ? null : [.. numbers.Select(convert)];

    private static SortedSet<long>? Pairs(LLVMValueRef operation, Dictionary<LLVMValueRef, SortedSet<long>?> known, Func<long, long, long> compute)
    {
        if (Of(LLVM.LLVMGetOperand(operation, 0), known) is not { } left || Of(LLVM.LLVMGetOperand(operation, 1), known) is not { } right) return null;
        return [.. left.SelectMany(one => right.Select(other => compute(one, other)))];
    }

    private static int WidthOf(LLVMValueRef value) => (int)LLVM.LLVMGetIntTypeWidth(LLVM.LLVMTypeOf(value));

    private static long Signed(long number, int width) => number << (64 - width) >> (64 - width);

    private static long Unsigned(long number, int width) => (long)((ulong)number << (64 - width) >> (64 - width));
}
