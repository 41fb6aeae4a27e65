using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>LLVM's own functions that its BPF target cannot compile. It crashes on some, and calls functions that do not exist for others.</summary>
internal static class UnsupportedIntrinsics
{
    private const string Floats = "floating-point arithmetic", FloatsHint = "compute with integers, such as thousandths; user space can do the rest";

    private static readonly (string Prefix, string What, string Hint)[] Table =
    [
        ("llvm.memcpy.element.", "memory operations with atomic elements", "write a loop of loads and stores with Ordering::Relaxed"),
        ("llvm.memmove.element.", "memory operations with atomic elements", "write a loop of loads and stores with Ordering::Relaxed"),
        ("llvm.memset.element.", "memory operations with atomic elements", "write a loop of loads and stores with Ordering::Relaxed"),
        ("llvm.stackrestore", "variables whose size is not constant", "give them a size"),
        ("llvm.returnaddress", "access to its return address", "the kernel's helpers know where a program was called from: bpf_get_func_ip, bpf_get_stack"),
        ("llvm.addressofreturnaddress", "access to its return address", "the kernel's helpers know where a program was called from: bpf_get_func_ip, bpf_get_stack"),
        ("llvm.frameaddress", "access to its frame", "take the address of a variable"),
        ("llvm.sponentry", "access to its frame", "take the address of a variable"),
        ("llvm.read_register", "registers with names", "use a variable, or asm!"),
        ("llvm.read_volatile_register", "registers with names", "use a variable, or asm!"),
        ("llvm.write_register", "registers with names", "use a variable, or asm!"),
        ("llvm.va_", "lists of arguments", "pass a reference to a structure"),
        ("llvm.eh.", "exceptions", "return a Result"),
        ("llvm.thread", "threads", "use a map, such as a per-CPU array"),
        ("llvm.debugtrap", "breakpoints", "remove it"),
        ("llvm.ubsantrap", "traps", "return from the program"),
        ("llvm.init.trampoline", "functions that are made when the program runs", "pass what they need as arguments"),
        ("llvm.adjust.trampoline", "functions that are made when the program runs", "pass what they need as arguments"),
        ("llvm.ptrauth.", "signed pointers", "leave their protection out for BPF"),
        ("llvm.experimental.patchpoint", "places for patches", "leave them out for BPF"),
        ("llvm.experimental.stackmap", "places for patches", "leave them out for BPF"),
        ("llvm.clear_cache", "caches of instructions", "remove it"),
        ("llvm.fpto", Floats, FloatsHint),
        ("llvm.set.rounding", Floats, FloatsHint),
        ("llvm.get.fpenv", Floats, FloatsHint),
        ("llvm.set.fpenv", Floats, FloatsHint),
        ("llvm.lround", Floats, FloatsHint),
        ("llvm.llround", Floats, FloatsHint),
        ("llvm.lrint", Floats, FloatsHint),
        ("llvm.llrint", Floats, FloatsHint),
        ("llvm.frexp", Floats, FloatsHint),
        ("llvm.sincos", Floats, FloatsHint),
        ("llvm.experimental.constrained.", Floats, FloatsHint),
        ("llvm.smul.fix", "fixed-point arithmetic", "multiply and shift"),
        ("llvm.umul.fix", "fixed-point arithmetic", "multiply and shift"),
        ("llvm.sdiv.fix", "fixed-point arithmetic", "shift and divide"),
        ("llvm.udiv.fix", "fixed-point arithmetic", "shift and divide"),
        ("llvm.smul.with.overflow.i128", "multiplication of 128-bit values that says whether it overflows", "use wrapping_mul, or 64-bit values"),
        ("llvm.umul.with.overflow.i128", "multiplication of 128-bit values that says whether it overflows", "use wrapping_mul, or 64-bit values"),
    ];

    /// <summary>What BPF does not have, and what to do; null for every other function.</summary>
    /// <param name="name">The name of a function that is called.</param>
    /// <param name="result">The type of what it returns.</param>
    public static (string What, string Hint)? Find(string name, LLVMTypeRef result)
    {
        if (!LlvmModule.IsReserved(name)) return null;
        // To change a sign is an operation on bits.
        if (IsFloat(result) && !name.StartsWith("llvm.fabs.", StringComparison.Ordinal)) return (Floats, FloatsHint);
        (string? prefix, string what, string hint) = Table.FirstOrDefault(row => name.StartsWith(row.Prefix, StringComparison.Ordinal));
        return prefix is null ? null : (what, hint);
    }

    private static bool IsFloat(LLVMTypeRef type) => LLVM.LLVMGetTypeKind(type) is >= LLVMTypeKind.Half and <= LLVMTypeKind.PPCFP128;
}
