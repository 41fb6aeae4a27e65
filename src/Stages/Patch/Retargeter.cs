using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>Removes what ties a module to the machine it was compiled for; a module for a host becomes one for BPF.</summary>
internal static unsafe class Retargeter
{
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

        // Only host libraries bring module assembly, such as the stack probe; BPF has no use for any.
        LLVM.LLVMSetModuleInlineAsm2(module.Ref, null, 0);
        var attributes = new AttributeSet(module.Context);
        foreach (LLVMValueRef function in module.Functions())
        {
            AttributeSet.RemoveStrings(function, MachineStrings);
            attributes.Remove(function, MachineAttributes);
            if (LLVM.LLVMHasPersonalityFn(function) != 0) LLVM.LLVMSetPersonalityFn(function, default);
        }
    }
}
