using System.Text;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>
/// Keeps the types of functions and variables and drops every source position. LLVM can only drop positions and types
/// together, so all debug info goes, and what BTF is made from is written again around the types, which name no lines.
/// </summary>
internal sealed unsafe class LineInfoRemover(LlvmModule module)
{
    private const int SubprogramName = 2;
    private const int SubprogramType = 4;
    private const int VariableName = 1;
    private const int VariableType = 3;
    private const uint DebugKind = 0;
    private const int RustLanguage = 27;
    private const int FullEmission = 1;

    public void Run()
    {
        List<(LLVMValueRef Value, string Name, LLVMMetadataRef Type)> functions = [.. module.Functions()
            .Where(static function => !LLVM.LLVMGetSubprogram(function).IsNull)
            .Select(function => Describe(function, LLVM.LLVMGetSubprogram(function), SubprogramName, SubprogramType))];
        List<(LLVMValueRef Value, string Name, LLVMMetadataRef Type, LLVMMetadataRef Expression)> globals =
            [.. module.Globals().SelectMany(Variables)];
        _ = LLVM.LLVMStripModuleDebugInfo(module.Ref);
        if (functions.Count == 0 && globals.Count == 0) return;

        LLVMDIBuilderRef builder = LLVM.LLVMCreateDIBuilder(module.Ref);
        LLVMMetadataRef file = CreateUnit(builder);
        foreach ((LLVMValueRef function, string name, LLVMMetadataRef type) in functions) AddFunction(builder, file, function, name, type);
        foreach ((LLVMValueRef global, string name, LLVMMetadataRef type, LLVMMetadataRef expression) in globals)
            AddVariable(builder, file, global, name, type, expression);
        LLVM.LLVMDIBuilderFinalize(builder);
        LLVM.LLVMDisposeDIBuilder(builder);
    }

    private (LLVMValueRef Value, string Name, LLVMMetadataRef Type) Describe(LLVMValueRef value, LLVMMetadataRef node, int name, int type)
    {
        LLVMValueRef[] operands = Operands(node);
        byte* text = LLVM.LLVMGetMDString(operands[name], out uint length);
        LLVMMetadataRef typeNode = operands[type].IsNull ? default : LLVM.LLVMValueAsMetadata(operands[type]);
        return (value, LlvmText.Borrow(text, length), typeNode);
    }

    private List<(LLVMValueRef Value, string Name, LLVMMetadataRef Type, LLVMMetadataRef Expression)> Variables(LLVMValueRef global)
    {
        var variables = new List<(LLVMValueRef, string, LLVMMetadataRef, LLVMMetadataRef)>();
        void* entries = LLVM.LLVMGlobalCopyAllMetadata(global, out nuint count);
        for (uint i = 0; i < count; i++)
        {
            if (LLVM.LLVMValueMetadataEntriesGetKind(entries, i) != DebugKind) continue;
            LLVMValueRef[] operands = Operands(LLVM.LLVMValueMetadataEntriesGetMetadata(entries, i));
            (LLVMValueRef value, string name, LLVMMetadataRef type) =
                Describe(global, LLVM.LLVMValueAsMetadata(operands[0]), VariableName, VariableType);
            variables.Add((value, name, type, LLVM.LLVMValueAsMetadata(operands[1])));
        }

        LLVM.LLVMDisposeValueMetadataEntries(entries);
        return variables;
    }

    private LLVMValueRef[] Operands(LLVMMetadataRef node)
    {
        LLVMValueRef value = LLVM.LLVMMetadataAsValue(module.Context.Ref, node);
        var operands = new LLVMValueRef[LLVM.LLVMGetMDNodeNumOperands(value)];
        fixed (LLVMValueRef* start = operands) LLVM.LLVMGetMDNodeOperands(value, start);
        return operands;
    }

    private static LLVMMetadataRef CreateUnit(LLVMDIBuilderRef builder)
    {
        ReadOnlySpan<byte> name = "bpfincr\0"u8;
        fixed (byte* text = name)
        {
            byte* nothing = text + name.Length - 1;
            LLVMMetadataRef file = LLVM.LLVMDIBuilderCreateFile(builder, text, (nuint)name.Length - 1, nothing, 0);
            LLVM.LLVMDIBuilderCreateCompileUnit(
                builder, RustLanguage, file, text, (nuint)name.Length - 1, 1, nothing, 0, 0, nothing, 0, FullEmission, 0, 1, 0, nothing, 0, nothing, 0);
            return file;
        }
    }

    private void AddFunction(LLVMDIBuilderRef builder, LLVMMetadataRef file, LLVMValueRef function, string name, LLVMMetadataRef type)
    {
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        int isDefinition = LLVM.LLVMIsDeclaration(function) == 0 ? 1 : 0;
        int local = isDefinition == 0 || LLVM.LLVMGetLinkage(function) == LLVMLinkage.External ? 0 : 1;
        LLVMMetadataRef subprogram;
        fixed (byte* start = text)
        {
            nuint length = (nuint)text.Length - 1;
            subprogram = LLVM.LLVMDIBuilderCreateFunction(builder, file, start, length, start, length, file, 0, type, local, isDefinition, 0, 0, 1);
        }

        LLVM.LLVMSetSubprogram(function, subprogram);
        // LLVM wants calls between described functions to have a position, even if it says nothing.
        LLVMMetadataRef nowhere = LLVM.LLVMDIBuilderCreateDebugLocation(module.Context.Ref, 0, 0, subprogram, default);
        foreach (LLVMValueRef call in LlvmModule.Calls(function)) LLVM.LLVMInstructionSetDebugLoc(call, nowhere);
    }

    private static void AddVariable(
        LLVMDIBuilderRef builder, LLVMMetadataRef file, LLVMValueRef global, string name, LLVMMetadataRef type, LLVMMetadataRef expression)
    {
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        int local = LLVM.LLVMGetLinkage(global) == LLVMLinkage.External ? 0 : 1;
        fixed (byte* start = text)
        {
            nuint length = (nuint)text.Length - 1;
            LLVM.LLVMGlobalSetMetadata(global, DebugKind, LLVM.LLVMDIBuilderCreateGlobalVariableExpression(
                builder, file, start, length, start, length, file, 0, type, local, expression, default, 0));
        }
    }
}
