using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>Finds which places in a program's context an address can be, where it is chosen among constant ones.</summary>
internal sealed unsafe class ContextPlaces(LlvmModule module)
{
    // A match on a field's number has as many at most that anybody has seen.
    private const int MaximumOffsets = 32;
    private const uint OffsetBits = 64;

    private readonly LLVMTargetDataRef layout = LLVM.LLVMGetModuleDataLayout(module.Ref);
    private readonly LLVMTypeRef offsetType = LLVM.LLVMIntTypeInContext(module.Context.Ref, OffsetBits);
    private readonly Dictionary<LLVMValueRef, (LLVMValueRef, SortedSet<long>)?> known = [];
    private readonly Dictionary<LLVMValueRef, LLVMValueRef> offsets = [];

    /// <summary>The context and the offsets of an address; null where it is not in a context, or nobody knows all of its offsets.</summary>
    public (LLVMValueRef Context, SortedSet<long> Offsets)? Of(LLVMValueRef address)
    {
        bool isArgument = !LLVM.LLVMIsAArgument(address).IsNull;
        if (!isArgument && LLVM.LLVMIsAInstruction(address).IsNull) return null;
        if (known.TryGetValue(address, out (LLVMValueRef, SortedSet<long>)? place)) return place;
        if (isArgument) return known[address] = IsContext(address, []) ? (address, [0]) : null;
        // An address that depends on itself moves on in a loop.
        known[address] = null;
        (LLVMValueRef, SortedSet<long> Offsets)? found = LLVM.LLVMGetInstructionOpcode(address) switch
        {
            LLVMOpcode.GetElementPtr => Moved(address),
            LLVMOpcode.Select or LLVMOpcode.Phi => Joined(address),
            _ => null,
        };
        return known[address] = found is { Offsets.Count: <= MaximumOffsets } ? found : null;
    }

    /// <summary>An instruction's value that is the offset of an address for which <see cref="Of(LLVMValueRef)"/> has found some.</summary>
    public LLVMValueRef OffsetOf(LLVMBuilderRef builder, LLVMValueRef address)
    {
        if (!offsets.TryGetValue(address, out LLVMValueRef offset)) offsets[address] = offset = Build(builder, address);
        return offset;
    }

    private (LLVMValueRef, SortedSet<long>)? Moved(LLVMValueRef address)
    {
        if (LLVM.LLVMGetNumOperands(address) != 2 || Of(LLVM.LLVMGetOperand(address, 0)) is not { } from) return null;
        long size = SizeOf(address);
        if (ChosenNumbers.Of(LLVM.LLVMGetOperand(address, 1)) is not { } indices) return null;
        return (from.Context, [.. from.Offsets.SelectMany(offset => indices.Select(index => offset + (index * size)))]);
    }

    private (LLVMValueRef, SortedSet<long>)? Joined(LLVMValueRef address)
    {
        LLVMValueRef context = default;
        var all = new SortedSet<long>();
        foreach (LLVMValueRef choice in ChosenNumbers.Choices(address))
        {
            if (Of(choice) is not { } place || (!context.IsNull && context != place.Context)) return null;
            context = place.Context;
            all.UnionWith(place.Offsets);
        }

        return context.IsNull ? null : (context, all);
    }

    private long SizeOf(LLVMValueRef address) => (long)LLVM.LLVMABISizeOfType(layout, LLVM.LLVMGetGEPSourceElementType(address));

    // Also of a function that programs call with theirs.
    private static bool IsContext(LLVMValueRef argument, HashSet<LLVMValueRef> seen)
    {
        if (new MemoryPlace(argument, 0).IsInContext) return true;
        if (!seen.Add(argument)) return false;
        LLVMValueRef function = LLVM.LLVMGetParamParent(argument);
        uint index = 0;
        while (LLVM.LLVMGetParam(function, index) != argument) index++;
        for (LLVMUseRef use = LLVM.LLVMGetFirstUse(function); !use.IsNull; use = LLVM.LLVMGetNextUse(use))
        {
            LLVMValueRef call = LLVM.LLVMGetUser(use);
            if (LLVM.LLVMIsACallInst(call).IsNull || LLVM.LLVMGetCalledValue(call) != function) continue;
            LLVMValueRef given = LLVM.LLVMIsAArgument(LLVM.LLVMGetOperand(call, index));
            if (!given.IsNull && IsContext(given, seen)) return true;
        }

        return false;
    }

    private LLVMValueRef Build(LLVMBuilderRef builder, LLVMValueRef address)
    {
        if (!LLVM.LLVMIsAArgument(address).IsNull) return LLVM.LLVMConstInt(offsetType, 0, 0);
        switch (LLVM.LLVMGetInstructionOpcode(address))
        {
            case LLVMOpcode.Select:
                LLVMValueRef yes = OffsetOf(builder, LLVM.LLVMGetOperand(address, 1)), no = OffsetOf(builder, LLVM.LLVMGetOperand(address, 2));
                LLVM.LLVMPositionBuilderBefore(builder, address);
                return LLVM.LLVMBuildSelect(builder, LLVM.LLVMGetOperand(address, 0), yes, no, "");
            case LLVMOpcode.Phi:
                return BuildPhi(builder, address);
            default:
                return BuildSum(builder, address);
        }
    }

    private LLVMValueRef BuildSum(LLVMBuilderRef builder, LLVMValueRef address)
    {
        LLVMValueRef from = OffsetOf(builder, LLVM.LLVMGetOperand(address, 0));
        LLVM.LLVMPositionBuilderBefore(builder, address);
        LLVMValueRef bytes = LLVM.LLVMBuildIntCast2(builder, LLVM.LLVMGetOperand(address, 1), offsetType, 1, "");
        long size = SizeOf(address);
        if (size != 1) bytes = LLVM.LLVMBuildMul(builder, bytes, LLVM.LLVMConstInt(offsetType, (ulong)size, 0), "");
        return LLVM.LLVMIsNull(from) != 0 ? bytes : LLVM.LLVMBuildAdd(builder, from, bytes, "");
    }

    private LLVMValueRef BuildPhi(LLVMBuilderRef builder, LLVMValueRef address)
    {
        uint count = LLVM.LLVMCountIncoming(address);
        LLVMValueRef[] values = [.. Enumerable.Range(0, (int)count).Select(i => OffsetOf(builder, LLVM.LLVMGetIncomingValue(address, (uint)i)))];
        LLVMBasicBlockRef[] blocks = [.. Enumerable.Range(0, (int)count).Select(i => LLVM.LLVMGetIncomingBlock(address, (uint)i))];
        LLVM.LLVMPositionBuilderBefore(builder, address);
        LLVMValueRef phi = LLVM.LLVMBuildPhi(builder, offsetType, "");
        fixed (LLVMValueRef* value = values)
        fixed (LLVMBasicBlockRef* block = blocks)
            LLVM.LLVMAddIncoming(phi, value, block, count);
        return phi;
    }
}
