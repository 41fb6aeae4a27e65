using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Places what LLVM reports as the lints' findings are: LLVM names the innermost line, which can be a library's, and not how it came into the function.</summary>
internal sealed class ReportedPlace(LlvmModule module)
{
    /// <summary>The finding with its place; the same where LLVM has not said which function it is about.</summary>
    public Diagnostic Explain(Diagnostic finding)
    {
        if (finding is not { Id: not LlvmDiagnostics.StackId, InlinedAt: null, Function: not null }) return finding;
        LLVMValueRef function = module.DefinedFunctions().FirstOrDefault(defined => DebugLocation.NameOf(defined) == finding.Function);
        if (function.IsNull) return finding;
        if (finding.File is null) return finding.AtFunction(function);
        LLVMValueRef instruction = LlvmModule.Instructions(function).FirstOrDefault(at => DebugLocation.IsAt(at, finding.File, finding.Line));
        return instruction.IsNull ? finding : finding.At(instruction);
    }
}
