using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Says what is on the stack of a function that needs too much of it: LLVM says only that it does.</summary>
/// <param name="module">The module.</param>
/// <param name="limit">The bytes that a function may need.</param>
internal sealed class StackUse(LlvmModule module, string limit)
{
    private const int Shown = 5;
    private const int DbgRecordDeclare = 1;
    private const string Unnamed = "a variable";

    /// <summary>The finding with the place of the largest variable, and with the largest ones by name.</summary>
    public Diagnostic Explain(Diagnostic finding)
    {
        if (finding.Id != LlvmDiagnostics.StackId) return finding;
        finding = finding with { Message = $"{finding.Function} needs more than {limit} bytes of stack" };
        LLVMValueRef function = module.DefinedFunctions().FirstOrDefault(defined => RustSymbol.Demangle(LlvmModule.NameOf(defined)) == finding.Function);
        if (function.IsNull) return finding;
        var variables = Variables(function).Distinct().OrderByDescending(static variable => variable.Size).ToList();
        SourceLocation at = variables.Count > 0 ? variables[0].Location : DebugLocation.OfFunction(function);
        return finding.At(at) with
        {
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
                if (DebugLocation.Of(LLVM.LLVMDbgRecordGetDebugLoc(record), function) is { File: not null } location)
                    yield return (NameOf(LLVM.LLVMDbgVariableRecordGetVariable(record)), LLVM.LLVMABISizeOfType(layout, LLVM.LLVMGetAllocatedType(place)), location);
            }
        }
    }

    // The scope comes first among a variable's operands, its name second.
    private string NameOf(LLVMMetadataRef variable) =>
        DebugNode.Operands(module.Context.Ref, variable) is [_, var name, ..] ? DebugNode.Text(name) ?? Unnamed : Unnamed;
}
