using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>
/// Names each address that is read from data, as that of a text in a table of <c>&amp;str</c>. Loaders relocate instructions, and no data but
/// maps and <c>struct_ops</c>: the program loads, and reads null or a small number.
/// </summary>
internal sealed class AddressLint(LlvmModule module)
{
    // libbpf puts addresses there.
    private static readonly string[] Relocated = [".maps", "maps", ".struct_ops"];

    /// <summary>Reports them.</summary>
    public void Run()
    {
        foreach (LLVMValueRef data in module.Globals().Where(HoldsAddress))
            foreach (LLVMValueRef load in AddressesReadFrom(data))
                module.Context.Report(Finding.At(load));
    }

    private static Diagnostic Finding => Diagnostic.Error(
        "BPFI2427", "an address is read from data, and neither kernel nor loader puts it there",
        "keep the values themselves there, such as [u8; 16] in place of &str, or match on the index");

    private static unsafe bool HoldsAddress(LLVMValueRef global)
    {
        if (LLVM.LLVMIsDeclaration(global) != 0) return false;
        string section = LlvmText.Borrow(LLVM.LLVMGetSection(global));
        return !Relocated.Any(name => section.StartsWith(name, StringComparison.Ordinal)) && HasAddress(LLVM.LLVMGetInitializer(global), []);
    }

    private static bool HasAddress(LLVMValueRef constant, HashSet<LLVMValueRef> seen) =>
        !LLVM.LLVMIsAGlobalValue(constant).IsNull || (seen.Add(constant) && LlvmModule.Operands(constant).Any(operand => HasAddress(operand, seen)));

    // Each load of an address whose own address is somewhere in the data.
    private static IEnumerable<LLVMValueRef> AddressesReadFrom(LLVMValueRef data)
    {
        var seen = new HashSet<LLVMValueRef> { data };
        var open = new Queue<LLVMValueRef>(seen);
        while (open.TryDequeue(out LLVMValueRef place))
        {
            for (LLVMUseRef use = LLVM.LLVMGetFirstUse(place); !use.IsNull; use = LLVM.LLVMGetNextUse(use))
            {
                LLVMValueRef user = LLVM.LLVMGetUser(use);
                if (!seen.Add(user)) continue;
                if (!LLVM.LLVMIsAConstantExpr(user).IsNull) open.Enqueue(user);
                else if (LLVM.LLVMIsAInstruction(user).IsNull) continue;
                else if (LLVM.LLVMGetInstructionOpcode(user) is LLVMOpcode.GetElementPtr or LLVMOpcode.Phi or LLVMOpcode.Select) open.Enqueue(user);
                else if (LLVM.LLVMGetInstructionOpcode(user) == LLVMOpcode.Load && LLVM.LLVMGetTypeKind(LLVM.LLVMTypeOf(user)) == LLVMTypeKind.Pointer) yield return user;
            }
        }
    }
}
