using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Warns where a map's value is used as one that is aligned to more than the 8 bytes that the kernel aligns it to: in Rust a reference to
/// such a value is undefined behaviour, and LLVM may rely on it. cargo-bpf had a check of this kind.
/// </summary>
internal sealed class MapAlignmentLint(LlvmModule module)
{
    private const ulong ValueAlignment = 8;

    private readonly AttributeSet attributes = new(module.Context);

    /// <summary>Reports the first such use of each map in each function.</summary>
    public void Run()
    {
        foreach (LLVMValueRef function in module.DefinedFunctions())
        {
            var uses =
                from instruction in LlvmModule.Instructions(function)
                from access in Accesses(instruction)
                where access.Alignment > ValueAlignment
                from lookUp in Origins(access.Pointer).Where(static origin => new MemoryPlace(origin, 0).IsMapValue)
                select (Map: LLVM.LLVMGetOperand(lookUp, 0), access.Alignment, Instruction: instruction);
            foreach (var (map, alignment, instruction) in uses.DistinctBy(static use => use.Map))
                module.Context.Report(Warning(map, alignment, instruction));
        }
    }

    private static Diagnostic Warning(LLVMValueRef map, ulong alignment, LLVMValueRef instruction)
    {
        string name = LLVM.LLVMIsAGlobalVariable(map).IsNull ? "a map" : $"map {RustSymbol.Demangle(LlvmModule.NameOf(map))}";
        return Diagnostic.Warning(
            "BPFI2423", $"a value of {name} is used as aligned to {alignment} bytes, and the kernel aligns it to {ValueAlignment}",
            $"keep types out of it that want more, such as u128 and repr(align({alignment})), or read it with read_unaligned").At(instruction);
    }

    private IEnumerable<(LLVMValueRef Pointer, ulong Alignment)> Accesses(LLVMValueRef instruction) => LLVM.LLVMGetInstructionOpcode(instruction) switch
    {
        LLVMOpcode.Load => [(LLVM.LLVMGetOperand(instruction, 0), LLVM.LLVMGetAlignment(instruction))],
        LLVMOpcode.Store => [(LLVM.LLVMGetOperand(instruction, 1), LLVM.LLVMGetAlignment(instruction))],
        LLVMOpcode.Call when IsIntrinsic(LLVM.LLVMGetCalledValue(instruction)) => Enumerable.Range(0, LLVM.LLVMGetNumOperands(instruction) - 1)
            .Select(i => (LLVM.LLVMGetOperand(instruction, (uint)i), attributes.ArgumentAlignment(instruction, (uint)i))),
        _ => [],
    };

    private static bool IsIntrinsic(LLVMValueRef callee) => !LLVM.LLVMIsAFunction(callee).IsNull && LLVM.LLVMGetIntrinsicID(callee) != 0;

    // Where a pointer comes from: through offsets, and through what is chosen between.
    private static HashSet<LLVMValueRef> Origins(LLVMValueRef pointer)
    {
        var seen = new HashSet<LLVMValueRef>();
        var open = new Stack<LLVMValueRef>([pointer]);
        while (open.TryPop(out LLVMValueRef value))
        {
            if (!seen.Add(value) || LLVM.LLVMIsAInstruction(value).IsNull) continue;
            LLVMOpcode opcode = LLVM.LLVMGetInstructionOpcode(value);
            if (opcode == LLVMOpcode.GetElementPtr) open.Push(LLVM.LLVMGetOperand(value, 0));
            if (opcode is LLVMOpcode.Phi or LLVMOpcode.Select)
                for (uint i = 0; i < LLVM.LLVMGetNumOperands(value); i++) open.Push(LLVM.LLVMGetOperand(value, i));
        }

        return seen;
    }
}
