using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Names what BPF has no instruction for, with its place in the source. LLVM would report it without a place, or crash, or, of an
/// indirect call, make an instruction that no kernel takes.
/// </summary>
internal sealed class MachineLints(LlvmModule module, CodegenOptions options)
{
    private const int RegisterBits = 64, WordBits = 32, MaximumArguments = 5;
    private const string NoInstruction = "BPFI2420";

    private bool HasWords => options.Cpu >= BpfCpu.V3 || options.Features.Contains("+alu32", StringComparison.Ordinal);

    /// <summary>Reports all of them.</summary>
    public void Run()
    {
        foreach (LLVMValueRef global in module.Globals().Where(static global => LLVM.LLVMIsThreadLocal(global) != 0))
            module.Context.Report(Diagnostic.Error(
                NoInstruction, $"{RustSymbol.Demangle(LlvmModule.NameOf(global))} is thread-local, and BPF has no threads", "use a map, such as a per-CPU array"));
        foreach (LLVMValueRef function in module.IndirectFunctions())
            module.Context.Report(Diagnostic.Error(
                NoInstruction, $"BPF has no functions that are chosen when a program starts, such as {RustSymbol.Demangle(LlvmModule.NameOf(function))}", "call a function by its name"));
        foreach (LLVMValueRef function in module.DefinedFunctions())
        {
            CheckFunction(function);
            foreach (LLVMValueRef instruction in LlvmModule.Instructions(function))
                if (Find(instruction) is { } finding)
                    module.Context.Report(finding.At(instruction));
        }
    }

    private void CheckFunction(LLVMValueRef function)
    {
        LLVMTypeRef type = LLVM.LLVMGlobalGetValueType(function);
        LLVMTypeRef result = LLVM.LLVMGetReturnType(type);
        string? what =
            LLVM.LLVMIsFunctionVarArg(type) != 0 ? "takes any number of arguments, and BPF passes at most five" :
            LLVM.LLVMGetTypeKind(result) is not (LLVMTypeKind.Void or LLVMTypeKind.Integer or LLVMTypeKind.Pointer) || WidthOf(result) > RegisterBits
                ? "returns more than fits into a register, and BPF has one for results" : null;
        if (what is null) return;
        module.Context.Report(Diagnostic.Error(NoInstruction, $"{DebugLocation.NameOf(function)} {what}", "return it through a reference, or let the function be inlined").AtFunction(function));
    }

    private Diagnostic? Find(LLVMValueRef instruction) => LLVM.LLVMGetInstructionOpcode(instruction) switch
    {
        _ when LLVM.LLVMGetTypeKind(LLVM.LLVMTypeOf(instruction)) == LLVMTypeKind.ScalableVector => None("vectors of unknown size", "give them a size"),
        _ when LlvmModule.Operands(instruction).Any(static operand => !LLVM.LLVMIsABlockAddress(operand).IsNull) || LLVM.LLVMGetInstructionOpcode(instruction) == LLVMOpcode.IndirectBr =>
            None("jumps to a computed place", "use a match"),
        LLVMOpcode.UDiv or LLVMOpcode.SDiv or LLVMOpcode.URem or LLVMOpcode.SRem when WidthOf(LLVM.LLVMTypeOf(instruction)) > RegisterBits =>
            None($"division of {WidthOf(LLVM.LLVMTypeOf(instruction))}-bit values", "divide 64-bit values, or by a power of two"),
        LLVMOpcode.Mul when WidthOf(LLVM.LLVMTypeOf(instruction)) > 2 * RegisterBits =>
            None($"multiplication of {WidthOf(LLVM.LLVMTypeOf(instruction))}-bit values", "multiply parts of at most 128 bits"),
        LLVMOpcode.VAArg => None("lists of arguments", "pass a reference to a structure"),
        LLVMOpcode.FAdd or LLVMOpcode.FSub or LLVMOpcode.FMul or LLVMOpcode.FDiv or LLVMOpcode.FRem or LLVMOpcode.FNeg or LLVMOpcode.FCmp
            or LLVMOpcode.FPToUI or LLVMOpcode.FPToSI or LLVMOpcode.UIToFP or LLVMOpcode.SIToFP or LLVMOpcode.FPTrunc or LLVMOpcode.FPExt =>
            None("floating-point arithmetic", "compute with integers, such as thousandths; user space can do the rest"),
        LLVMOpcode.Alloca when LLVM.LLVMIsAConstantInt(LLVM.LLVMGetOperand(instruction, 0)).IsNull =>
            None("variables whose size is not constant", "give it a size"),
        LLVMOpcode.Fence => None("fences", "compiler_fence keeps the compiler's order; atomic read-modify-write operations order memory"),
        LLVMOpcode.Load or LLVMOpcode.Store => FindOrdered(LLVM.LLVMGetOrdering(instruction)),
        LLVMOpcode.AtomicRMW or LLVMOpcode.AtomicCmpXchg => FindAtomic(instruction),
        LLVMOpcode.Call => FindCall(instruction),
        _ => null,
    };

    private Diagnostic? FindOrdered(LLVMAtomicOrdering ordering) => ordering switch
    {
        LLVMAtomicOrdering.SequentiallyConsistent => None("sequentially consistent loads and stores", "use Ordering::Relaxed, or a read-modify-write operation"),
        LLVMAtomicOrdering.Acquire or LLVMAtomicOrdering.Release when options.Cpu < BpfCpu.V4 =>
            None("loads that acquire and stores that release, below cpu v4", "use Ordering::Relaxed, or a read-modify-write operation"),
        LLVMAtomicOrdering.Acquire or LLVMAtomicOrdering.Release when options.Atomics < AtomicSupport.Ordered =>
            None("loads that acquire and stores that release, before kernel 6.15", "use Ordering::Relaxed, or a read-modify-write operation"),
        _ => null,
    };

    private Diagnostic? FindAtomic(LLVMValueRef instruction)
    {
        bool modifies = LLVM.LLVMGetInstructionOpcode(instruction) == LLVMOpcode.AtomicRMW;
        uint width = WidthOf(LLVM.LLVMTypeOf(LLVM.LLVMGetOperand(instruction, 1)));
        LLVMAtomicRMWBinOp? operation = modifies ? LLVM.LLVMGetAtomicRMWBinOp(instruction) : null;
        if (operation is LLVMAtomicRMWBinOp.Nand or > LLVMAtomicRMWBinOp.Xor)
            return None("such atomic operation", "there are add, sub, and, or, xor, swap and compare_exchange");
        if (LLVM.LLVMGetTypeKind(LLVM.LLVMTypeOf(LLVM.LLVMGetOperand(instruction, 1))) is not (LLVMTypeKind.Integer or LLVMTypeKind.Pointer))
            return None("atomic operations on floating-point values", "use their bits: AtomicU32 or AtomicU64 with to_bits");
        if (width is 8 or 16 or > RegisterBits) return None($"atomic operations on {width} bits", "use AtomicU32 or AtomicU64");
        if (options.Atomics == AtomicSupport.Add) return FindFetch(instruction, operation);
        if (operation == LLVMAtomicRMWBinOp.Add && !HasWords && !LLVM.LLVMGetFirstUse(instruction).IsNull)
            return None("results of atomic additions, below cpu v3", "do not use the result, or build for cpu v3 and a kernel from 5.12 on");
        return width == WordBits && !HasWords && operation is not (LLVMAtomicRMWBinOp.Add or LLVMAtomicRMWBinOp.Sub)
            ? None("such atomic operation on 32 bits, below cpu v3", "use AtomicU64")
            : null;
    }

    // LLVM leaves the result out only where no order is asked for; below cpu v3 it has no other addition.
    private Diagnostic? FindFetch(LLVMValueRef instruction, LLVMAtomicRMWBinOp? operation) =>
        operation != LLVMAtomicRMWBinOp.Add ? None("atomic operations but additions, before kernel 5.12", "add, also a negated value; or use a map for each CPU, or bpf_spin_lock")
        : !LLVM.LLVMGetFirstUse(instruction).IsNull ? None("results of atomic additions, before kernel 5.12", "do not use the result; or use a map for each CPU, or bpf_spin_lock")
        : options.Cpu >= BpfCpu.V3 && LLVM.LLVMGetOrdering(instruction) != LLVMAtomicOrdering.Monotonic
        ? None("atomic additions with an order, before kernel 5.12", "use Ordering::Relaxed")
        : null;

    private static Diagnostic? FindCall(LLVMValueRef call)
    {
        LLVMValueRef callee = LLVM.LLVMGetCalledValue(call);
        if (!LLVM.LLVMIsAFunction(callee).IsNull)
        {
            string name = LlvmModule.NameOf(callee);
            if (UnsupportedIntrinsics.Find(name, LLVM.LLVMTypeOf(call)) is { } found) return None(found.What, found.Hint);
            return LLVM.LLVMIsDeclaration(callee) != 0 ? null : FindArguments(call, RustSymbol.Demangle(name));
        }

        if (IsHelper(callee)) return FindArguments(call, "a helper");
        return !LLVM.LLVMIsAInlineAsm(callee).IsNull
            ? null
            : RustSymbol.Demangle(LlvmModule.NameOf(LlvmModule.FunctionOf(call))).Contains("core::fmt::", StringComparison.Ordinal)
            ? Diagnostic.Error(
                "BPFI2421", "text is formatted, for which functions are called that are only known when the program runs, and BPF cannot do that",
                "leave it to user space: hand on the values, or have the kernel print them (bpf_trace_printk)")
            : Diagnostic.Error(
                "BPFI2421", "a function is called that is only known when the program runs, and BPF cannot do that",
                "call it by its name: match on a value instead of keeping a function pointer or a dyn reference");
    }

    private static Diagnostic? FindArguments(LLVMValueRef call, string callee)
    {
        uint count = LLVM.LLVMGetNumArgOperands(call);
        if (count <= MaximumArguments) return null;
        return Diagnostic.Error(LlvmDiagnostics.ArgumentsId, $"{callee} is called with {count} arguments, and BPF passes at most five", LlvmDiagnostics.ArgumentsHint);
    }

    // A helper is a number made a pointer.
    private static bool IsHelper(LLVMValueRef callee) =>
        !LLVM.LLVMIsAConstantExpr(callee).IsNull && LLVM.LLVMGetConstOpcode(callee) == LLVMOpcode.IntToPtr && !LLVM.LLVMIsAConstantInt(LLVM.LLVMGetOperand(callee, 0)).IsNull;

    private static Diagnostic None(string what, string hint) => Diagnostic.Error(NoInstruction, $"BPF has no {what}", hint);

    private static uint WidthOf(LLVMTypeRef type) => LLVM.LLVMGetTypeKind(type) == LLVMTypeKind.Integer ? LLVM.LLVMGetIntTypeWidth(type) : 0;
}
