namespace BpfIncr.Stages.Verify;

/// <summary>What to do about the verdicts that people meet most often.</summary>
internal static class VerdictHints
{
    private const string ModifiedContext = "A field of the context is only read and written at a constant offset:" +
        " index it with constants, such as in a match with one field in each arm, and copy what a loop or a function needs of it before.";

    private static readonly (string Part, string Hint)[] Known =
    [
        ("last insn is not an exit or jmp", "A panic or an endless loop is left where the function ends: choose panic = exit, or reject to be shown the panic."),
        ("unreachable insn", "Code is left behind an exit: choose panic = exit, and see that no inline assembly ends the program."),
        ("back-edge", "Kernels before 5.3 take no loops: set unroll, or build a variant for that kernel."),
        ("infinite loop detected", "Give the loop a bound that does not depend on data, such as a range with a constant end."),
        ("jumps is too complex", "A loop has no bound, or too many branches follow each other: give loops a constant bound, or split the program."),
        ("frames is too deep", "Calls nest deeper than eight functions: let more be inlined with inline = all."),
        ("BPF program is too large", "The verifier has seen a million instructions on all paths, mostly because a loop runs too often: bound it lower, call functions instead of inlining them, or split the program."),
        ("too many instructions", "Let less be inlined or unrolled, or split the program with tail calls."),
        ("combined stack size", "Functions that call each other share 512 bytes: move large values into a map."),
        ("R0 !read_ok", "A program has to return an integer, on every path: let it return one, such as an i32."),
        ("!read_ok", "A register or a variable is used that was not set on every path; with panic = keep, that is often a panic's path."),
        ("invalid access to packet", "Compare data + offset with data_end just before this access, with the same offset."),
        ("invalid access to map value", "The verifier does not see a bound: compare or mask the index just before this access."),
        ("register with unbounded min value", "Check the index against a constant, or mask it, just before this access."),
        ("unbounded variable-offset", "Check the index against a constant, or mask it, just before this access."),
        ("unbounded memory access", "Compare the offset with a constant, or mask it, just before this access."),
        ("min value is negative", "Use an unsigned type for the offset, or check that it is not below 0."),
        ("max value is outside of the allowed memory range", "The verifier does not see a bound: compare or mask the index just before this access."),
        ("mem_or_null", "Check the pointer for null before it is used."),
        ("_or_null'", "Check the pointer for null before it is used."),
        ("dereference of modified ctx ptr", ModifiedContext),
        ("variable ctx access", ModifiedContext),
        ("invalid bpf_context access", "A program of this type may not access this field of its context, or not with this size, or not write it: access the whole field, and see which ones the kernel has for this type."),
        ("invalid mem access", "The verifier does not know what the address points to, or knows that it is not to be used: read the kernel's memory with bpf_probe_read_kernel, and use pointers as a helper or a field of the context gave them, not ones that were computed or stored as numbers."),
        ("invalid indirect read from stack", "Set all bytes of the value, also the padding, before it is passed to a helper."),
        ("misaligned", "Read the value byte by byte, or with read_unaligned."),
        ("unknown func", "This kernel does not know the helper, or not for programs of this type: see which kernel introduced it."),
        ("cannot call GPL-restricted function", "Give the program a licence that is compatible with the GPL."),
        ("cannot call", "This kernel does not allow that call for programs of this type."),
        ("jump out of range", "The object is damaged, or for a newer kernel: build a variant for this one."),
        ("unknown opcode", "The instruction is newer than this kernel: build a variant for it, with an older cpu."),
        ("BPF_ALU uses reserved fields", "The instruction is newer than this kernel: build a variant for it, with an older cpu."),
        ("BPF_LDX uses reserved fields", "The instruction is newer than this kernel: build a variant for it, with an older cpu."),
        ("At program exit the register R0", "Return one of the values that this type of program may return."),
    ];

    /// <summary>Whether a verdict is that a map's key and value have no types.</summary>
    public static bool IsOfTypes(string verdict) => verdict.Contains("has to have BTF", StringComparison.Ordinal);

    /// <summary>What to do about a verdict; null when nobody knows.</summary>
    public static string? Of(string verdict) =>
        Array.Find(Known, known => verdict.Contains(known.Part, StringComparison.Ordinal)).Hint;
}
