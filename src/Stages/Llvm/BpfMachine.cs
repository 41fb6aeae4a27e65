namespace BpfIncr.Stages.Llvm;

/// <summary>A BPF target machine.</summary>
internal sealed unsafe class BpfMachine : IDisposable
{
    /// <summary>The triple of little-endian BPF, what the kernel of every common machine runs.</summary>
    public const string LittleEndian = "bpfel";

    /// <summary>The triple of big-endian BPF.</summary>
    public const string BigEndian = "bpfeb";

    private BpfMachine(LLVMTargetMachineRef machine) => Ref = machine;

    /// <summary>LLVM's handle.</summary>
    public LLVMTargetMachineRef Ref { get; }

    /// <summary>Creates a machine.</summary>
    /// <param name="triple">A triple that begins with <c>bpf</c>.</param>
    /// <param name="cpu">generic, v1, v2, v3 or v4.</param>
    /// <param name="features">LLVM's feature string, such as <c>+alu32</c>; or empty.</param>
    /// <param name="level">0 to 3.</param>
    /// <exception cref="InvalidOperationException">The library does not know the triple.</exception>
    public static BpfMachine Create(string triple, string cpu = "generic", string features = "", int level = 3)
    {
        if (LLVM.LLVMGetTargetFromTriple(triple, out LLVMTargetRef target, out byte* message) != 0)
            throw new InvalidOperationException(LlvmText.Take(message));
        return new BpfMachine(LLVM.LLVMCreateTargetMachine(
            target, triple, cpu, features, level, LLVMRelocMode.Default, LLVMCodeModel.Default));
    }

    /// <summary>Makes a module one for this machine.</summary>
    public void Adopt(LlvmModule module, string triple)
    {
        module.Triple = triple;
        LLVMTargetDataRef layout = LLVM.LLVMCreateTargetDataLayout(Ref);
        LLVM.LLVMSetModuleDataLayout(module.Ref, layout);
        LLVM.LLVMDisposeTargetData(layout);
    }

    /// <inheritdoc/>
    public void Dispose() => LLVM.LLVMDisposeTargetMachine(Ref);
}
