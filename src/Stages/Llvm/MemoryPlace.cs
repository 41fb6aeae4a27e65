namespace BpfIncr.Stages.Llvm;

/// <summary>A place in memory: the value that an address is computed from, and the constant number of bytes added to it.</summary>
/// <param name="Base">What no constant offset was added to: a variable, an argument, what a helper returns, or any other pointer.</param>
/// <param name="Offset">The bytes between the base and the place.</param>
internal readonly unsafe record struct MemoryPlace(LLVMValueRef Base, long Offset)
{
    private const uint LookUpMapElement = 1;

    // Helpers that return memory which the kernel aligns to words: values of maps and of local storages, and records of ring buffers.
    private static readonly HashSet<ulong> AlignedResults = [LookUpMapElement, 81, 107, 131, 145, 156, 195, 210];

    /// <summary>How the kernel aligns what it hands to a program: contexts, values of maps, the stack.</summary>
    public const ulong Word = sizeof(ulong);

    /// <summary>The place that a pointer is.</summary>
    /// <param name="pointer">The pointer.</param>
    /// <param name="layout">The layout of the module that the pointer is in.</param>
    public static MemoryPlace Of(LLVMValueRef pointer, LLVMTargetDataRef layout)
    {
        long offset = 0;
        while (OffsetOf(pointer, layout) is { } added)
        {
            offset += added;
            pointer = LLVM.LLVMGetOperand(pointer, 0);
        }

        return new MemoryPlace(pointer, offset);
    }

    /// <summary>Whether the base is a variable on the stack.</summary>
    public bool IsOnStack => !LLVM.LLVMIsAAllocaInst(Base).IsNull;

    /// <summary>Whether the base is the context of a program: the first argument of a function that has a section.</summary>
    public bool IsInContext
    {
        get
        {
            LLVMValueRef argument = LLVM.LLVMIsAArgument(Base);
            if (argument.IsNull) return false;
            LLVMValueRef function = LLVM.LLVMGetParamParent(argument);
            return LLVM.LLVMGetParam(function, 0) == argument && LlvmText.Borrow(LLVM.LLVMGetSection(function)).Length > 0;
        }
    }

    /// <summary>Whether the base is memory that a helper returned and the kernel aligns to words.</summary>
    public bool IsAlignedResult => HelperOf(Base) is { } helper && AlignedResults.Contains(helper);

    /// <summary>Whether the base is what <c>bpf_map_lookup_elem</c> returned.</summary>
    public bool IsMapValue => HelperOf(Base) == LookUpMapElement;

    /// <summary>Whether no byte can be in both places, however large they are.</summary>
    public bool IsApartFrom(MemoryPlace other) =>
        Base != other.Base && ((IsObject && other.IsObject) || (IsOnStack && HelperOf(other.Base) is not null) || (other.IsOnStack && HelperOf(Base) is not null));

    private bool IsObject => IsOnStack || IsInContext || !LLVM.LLVMIsAGlobalVariable(Base).IsNull;

    // A helper is called by its number.
    private static ulong? HelperOf(LLVMValueRef value)
    {
        if (LLVM.LLVMIsACallInst(value).IsNull) return null;
        LLVMValueRef callee = LLVM.LLVMGetCalledValue(value);
        if (LLVM.LLVMIsAConstantExpr(callee).IsNull || LLVM.LLVMGetConstOpcode(callee) != LLVMOpcode.IntToPtr) return null;
        LLVMValueRef number = LLVM.LLVMGetOperand(callee, 0);
        return LLVM.LLVMIsAConstantInt(number).IsNull ? null : LLVM.LLVMConstIntGetZExtValue(number);
    }

    private static long? OffsetOf(LLVMValueRef pointer, LLVMTargetDataRef layout)
    {
        bool isExpression = !LLVM.LLVMIsAConstantExpr(pointer).IsNull;
        if (!isExpression && LLVM.LLVMIsAInstruction(pointer).IsNull) return null;
        LLVMOpcode opcode = isExpression ? LLVM.LLVMGetConstOpcode(pointer) : LLVM.LLVMGetInstructionOpcode(pointer);
        // The optimizer writes each constant offset as one index.
        if (opcode != LLVMOpcode.GetElementPtr || LLVM.LLVMGetNumOperands(pointer) != 2) return null;
        LLVMValueRef index = LLVM.LLVMGetOperand(pointer, 1);
        if (LLVM.LLVMIsAConstantInt(index).IsNull) return null;
        return LLVM.LLVMConstIntGetSExtValue(index) * (long)LLVM.LLVMABISizeOfType(layout, LLVM.LLVMGetGEPSourceElementType(pointer));
    }
}
