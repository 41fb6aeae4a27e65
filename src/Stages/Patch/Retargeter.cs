using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>Removes what ties a module to the machine it was compiled for; a module for a host becomes one for BPF.</summary>
internal static unsafe class Retargeter
{
    private const uint C = 0, Fast = 8;

    private static readonly string[] MachineStrings =
    [
        // The CPU is codegen's to choose, for every function alike.
        "target-cpu", "target-features", "tune-cpu",
        "probe-stack", "stack-probe-size", "frame-pointer", "no-frame-pointer-elim",
    ];

    private static readonly string[] MachineAttributes =
        ["uwtable", "ssp", "sspstrong", "sspreq", "nonlazybind", "safestack", "sanitize_address", "naked"];

    public static void Run(LlvmModule module)
    {
        if (!module.Triple.StartsWith("bpf", StringComparison.Ordinal))
        {
            using BpfMachine machine = BpfMachine.Create(BpfMachine.LittleEndian);
            machine.Adopt(module, BpfMachine.LittleEndian);
        }

        else if (LlvmText.Borrow(LLVM.LLVMGetModuleInlineAsm(module.Ref, out nuint length), length) is { Length: > 0 } assembly)
        {
            module.Context.Report(Diagnostic.Error(
                "BPFI2213", "the program has assembly outside of its functions, which is not supported",
                "Write it into a function, with asm! instead of global_asm!.") with { Detail = assembly });
        }

        RemoveUnwinding(module);
        // Only host libraries bring module assembly, such as the stack probe; BPF has no use for any.
        LLVM.LLVMSetModuleInlineAsm2(module.Ref, null, 0);
        var attributes = new AttributeSet(module.Context);
        foreach (LLVMValueRef function in module.Functions())
        {
            AttributeSet.RemoveStrings(function, MachineStrings);
            attributes.Remove(function, MachineAttributes);
            if (LLVM.LLVMHasPersonalityFn(function) != 0) LLVM.LLVMSetPersonalityFn(function, default);
            if (IsForeign(LLVM.LLVMGetFunctionCallConv(function))) LLVM.LLVMSetFunctionCallConv(function, 0);
            foreach (LLVMValueRef call in LlvmModule.Calls(function).Where(static call => IsForeign(LLVM.LLVMGetInstructionCallConv(call))))
                LLVM.LLVMSetInstructionCallConv(call, 0);
        }
    }

    // Nothing unwinds in BPF: what only unwinding would reach goes away.
    private static void RemoveUnwinding(LlvmModule module)
    {
        if (module.DefinedFunctions().SelectMany(LlvmModule.Instructions).Any(static i => LLVM.LLVMGetInstructionOpcode(i) == LLVMOpcode.Invoke))
            PassRunner.Run(module, "function(lower-invoke,unreachableblockelim)");
    }

    // BPF has one way to call; LLVM crashes on all others but the two that it takes for this one.
    private static bool IsForeign(uint convention) => convention is not (C or Fast);
}
