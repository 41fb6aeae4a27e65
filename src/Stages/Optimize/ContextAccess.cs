using System.Globalization;
using System.Text;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Optimize;

/// <summary>
/// Gives each access to one of several fields of a context a branch for each field. LLVM makes one access of
/// <c>if x { ctx.a } else { ctx.b }</c>, at an address that is chosen before. Kernels only take a constant offset into a context:
/// they replace each access by one to a structure of their own ("dereference of modified ctx ptr").
/// <para>
/// An access stays where it is, as a helper that is called before it may change the context. What is chosen is the offset, by the same
/// phis and selects as the address was, and the branches follow from it. It is done when no pass is left that joins them again.
/// </para>
/// </summary>
internal sealed unsafe class ContextAccess
{
    private readonly LlvmModule module;
    private readonly ContextPlaces places;
    private readonly Dictionary<string, string> functions = [];

    private ContextAccess(LlvmModule module)
    {
        this.module = module;
        places = new ContextPlaces(module);
    }

    /// <summary>Replaces such accesses.</summary>
    public static void Run(LlvmModule module)
    {
        var rewriter = new ContextAccess(module);
        bool any = false;
        foreach (LLVMValueRef access in module.DefinedFunctions().SelectMany(LlvmModule.Instructions)) any |= rewriter.Rewrite(access);
        // What has chosen the address is still there, and used by nothing.
        if (any) PassRunner.Run(module, "always-inline,globaldce,function(adce)");
    }

    private bool Rewrite(LLVMValueRef access)
    {
        LLVMOpcode opcode = LLVM.LLVMGetInstructionOpcode(access);
        if (opcode is not (LLVMOpcode.Load or LLVMOpcode.Store) || LLVM.LLVMGetOrdering(access) != LLVMAtomicOrdering.NotAtomic) return false;
        LLVMValueRef address = LLVM.LLVMGetOperand(access, opcode == LLVMOpcode.Load ? 0u : 1u);
        if (places.Of(address) is not { } place || place.Offsets.Count < 2) return false;
        bool isStore = opcode == LLVMOpcode.Store;
        LLVMValueRef function = FunctionFor(access, place.Offsets, isStore);
        LLVMBuilderRef builder = LLVM.LLVMCreateBuilderInContext(module.Context.Ref);
        LLVMValueRef offset = places.OffsetOf(builder, address);
        LLVM.LLVMPositionBuilderBefore(builder, access);
        LLVMValueRef* arguments = stackalloc LLVMValueRef[3];
        (arguments[0], arguments[1]) = (place.Context, offset);
        if (isStore) arguments[2] = LLVM.LLVMGetOperand(access, 0);
        LLVMValueRef result = LLVM.LLVMBuildCall2(builder, LLVM.LLVMGlobalGetValueType(function), function, arguments, isStore ? 3u : 2u, "");
        if (!isStore) LLVM.LLVMReplaceAllUsesWith(access, result);
        LLVM.LLVMInstructionEraseFromParent(access);
        LLVM.LLVMDisposeBuilder(builder);
        return true;
    }

    private LLVMValueRef FunctionFor(LLVMValueRef access, IReadOnlyCollection<long> offsets, bool isStore)
    {
        string type = LlvmText.Take(LLVM.LLVMPrintTypeToString(LLVM.LLVMTypeOf(isStore ? LLVM.LLVMGetOperand(access, 0) : access)));
        string isVolatile = LLVM.LLVMGetVolatile(access) != 0 ? "volatile " : "";
        string name = string.Create(CultureInfo.InvariantCulture, $"{OperationReplacer.Prefix}context.{functions.Count}");
        string body = Body(type, isVolatile, LLVM.LLVMGetAlignment(access).ToString(CultureInfo.InvariantCulture), [.. offsets], isStore);
        if (functions.TryAdd(body, name))
        {
            string parameters = isStore ? $"ptr %context, i64 %offset, {type} %value" : "ptr %context, i64 %offset";
            OperationReplacer.Add(module, Encoding.UTF8.GetBytes($"define {(isStore ? "void" : type)} @{name}({parameters}) alwaysinline nounwind {{\n{body}}}\n"));
        }

        return LLVM.LLVMGetNamedFunction(module.Ref, functions[body]);
    }

    // The last place is where all other offsets lead: there are none.
    private static string Body(string type, string isVolatile, string alignment, long[] offsets, bool isStore)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"  switch i64 %offset, label %at{offsets.Length - 1} ["));
        for (int i = 0; i < offsets.Length - 1; i++) text.Append(CultureInfo.InvariantCulture, $" i64 {offsets[i]}, label %at{i}");
        text.Append(" ]\n");
        for (int i = 0; i < offsets.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"at{i}:\n  %place{i} = getelementptr i8, ptr %context, i64 {offsets[i]}\n");
            string value = string.Create(CultureInfo.InvariantCulture, $"%value{i}"), at = string.Create(CultureInfo.InvariantCulture, $"ptr %place{i}, align {alignment}");
            text.Append(isStore
                ? $"  store {isVolatile}{type} %value, {at}\n  ret void\n"
                : $"  {value} = load {isVolatile}{type}, {at}\n  ret {type} {value}\n");
        }

        return text.ToString();
    }
}
