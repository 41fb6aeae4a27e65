using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Says what is on the stack of a function that needs too much of it: LLVM says only that it does.</summary>
/// <param name="module">The module.</param>
/// <param name="limit">The bytes that a function may need.</param>
internal sealed class StackUse(LlvmModule module, string limit)
{
    private const int Shown = 5;
    private const int DbgRecordDeclare = 1;

    /// <summary>The finding with the place of the largest variable, and with the largest ones by name.</summary>
    public Diagnostic Explain(Diagnostic finding)
    {
        if (finding.Id != LlvmDiagnostics.StackId) return finding;
        finding = finding with { Message = $"the function needs more than {limit} bytes of stack" };
        LLVMValueRef function = module.DefinedFunctions().FirstOrDefault(defined => RustSymbol.Demangle(LlvmModule.NameOf(defined)) == finding.Function);
        if (function.IsNull) return finding;
        var variables = Variables(function).Distinct().OrderByDescending(static variable => variable.Size).ToList();
        SourceLocation? at = variables.Count > 0 ? variables[0].Location : SourceLocation.OfFunction(function);
        return finding with
        {
            File = at?.File,
            Line = at?.Line ?? 0,
            Detail = string.Join('\n', variables.Take(Shown).Select(static variable => $"{variable.Name}: {variable.Size} bytes, {variable.Location.File}:{variable.Location.Line}")),
        };
    }

    // What has no place of its own, such as a temporary of the compiler, has no name either.
    private IEnumerable<(string Name, ulong Size, SourceLocation Location)> Variables(LLVMValueRef function)
    {
        LLVMTargetDataRef layout = LLVM.LLVMGetModuleDataLayout(module.Ref);
        foreach (LLVMValueRef instruction in LlvmModule.Instructions(function))
        {
            for (LLVMDbgRecordRef record = LLVM.LLVMGetFirstDbgRecord(instruction); !record.IsNull; record = LLVM.LLVMGetNextDbgRecord(record))
            {
                if (LLVM.LLVMDbgRecordGetKind(record) != DbgRecordDeclare) continue;
                LLVMValueRef place = LLVM.LLVMDbgVariableRecordGetValue(record, 0);
                if (place.IsNull || LLVM.LLVMIsAAllocaInst(place).IsNull) continue;
                if (SourceLocation.Of(LLVM.LLVMDbgRecordGetDebugLoc(record)) is { } location)
                    yield return (NameOf(LLVM.LLVMDbgVariableRecordGetVariable(record)), LLVM.LLVMABISizeOfType(layout, LLVM.LLVMGetAllocatedType(place)), location);
            }
        }
    }

    // The scope comes first among a variable's operands, its name second.
    private unsafe string NameOf(LLVMMetadataRef variable)
    {
        LLVMValueRef node = LLVM.LLVMMetadataAsValue(module.Context.Ref, variable);
        var operands = new LLVMValueRef[LLVM.LLVMGetMDNodeNumOperands(node)];
        fixed (LLVMValueRef* first = operands) LLVM.LLVMGetMDNodeOperands(node, first);
        if (operands.Length < 2 || operands[1].IsNull || LLVM.LLVMIsAMDString(operands[1]).IsNull) return "a variable";
        byte* name = LLVM.LLVMGetMDString(operands[1], out uint length);
        return LlvmText.Borrow(name, length);
    }
}
