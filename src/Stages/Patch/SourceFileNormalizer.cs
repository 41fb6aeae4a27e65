using System.Text;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>
/// Makes the debug info's source files the same wherever and whenever they are read.
/// <para>
/// The checksum becomes zeros: it is the one thing in the bitcode that changes with an edit of a comment that moves no
/// line, and nothing of it reaches the object. The source text becomes empty: where there is none, LLVM opens the file at
/// code generation and copies its lines into the BTF, so that the object would depend on a file that is no input.
/// </para>
/// </summary>
internal sealed unsafe class SourceFileNormalizer(LlvmModule module)
{
    private const int ChecksumOperand = 2;
    private const int SourceOperand = 3;
    private const int DbgRecordLabel = 0;
    private readonly HashSet<LLVMMetadataRef> seen = [];
    private readonly Stack<LLVMMetadataRef> work = [];

    public void Run()
    {
        for (LLVMNamedMDNodeRef named = LLVM.LLVMGetFirstNamedMetadata(module.Ref); !named.IsNull; named = LLVM.LLVMGetNextNamedMetadata(named))
            PushOperands(named);
        foreach (LLVMValueRef function in module.Functions())
        {
            Push(LLVM.LLVMGetSubprogram(function));
            foreach (LLVMValueRef instruction in LlvmModule.Instructions(function)) PushLocations(instruction);
        }

        foreach (LLVMValueRef global in module.Globals()) PushAttached(global);
        while (work.TryPop(out LLVMMetadataRef node)) Visit(node);
    }

    private void Visit(LLVMMetadataRef metadata)
    {
        LLVMValueRef node = LLVM.LLVMMetadataAsValue(module.Context.Ref, metadata);
        LLVMValueRef[] operands = new LLVMValueRef[LLVM.LLVMGetMDNodeNumOperands(node)];
        fixed (LLVMValueRef* start = operands) LLVM.LLVMGetMDNodeOperands(node, start);
        if (LLVM.LLVMGetMetadataKind(metadata) == LLVMMetadataKind.DIFile) Clear(node, operands);
        foreach (LLVMValueRef operand in operands)
        {
            if (!operand.IsNull && !LLVM.LLVMIsAMDNode(operand).IsNull) Push(LLVM.LLVMValueAsMetadata(operand));
        }
    }

    private void Clear(LLVMValueRef file, LLVMValueRef[] operands)
    {
        if (operands.Length <= SourceOperand) return;
        Replace(file, SourceOperand, "");
        if (operands[ChecksumOperand].IsNull) return;
        LLVM.LLVMGetMDString(operands[ChecksumOperand], out uint length);
        Replace(file, ChecksumOperand, new string('0', (int)length));
    }

    private void Replace(LLVMValueRef node, uint operand, string text)
    {
        // Terminated, because LLVM's string views may not be null even when they are empty.
        byte[] bytes = Encoding.UTF8.GetBytes(text + '\0');
        fixed (byte* start = bytes)
            LLVM.LLVMReplaceMDNodeOperandWith(node, operand, LLVM.LLVMMDStringInContext2(module.Context.Ref, start, (nuint)(bytes.Length - 1)));
    }

    private void Push(LLVMMetadataRef metadata)
    {
        if (metadata.IsNull || LLVM.LLVMGetMetadataKind(metadata) is LLVMMetadataKind.MDString or LLVMMetadataKind.ConstantAsMetadata or LLVMMetadataKind.LocalAsMetadata) return;
        if (seen.Add(metadata)) work.Push(metadata);
    }

    private void PushOperands(LLVMNamedMDNodeRef named)
    {
        byte* text = LLVM.LLVMGetNamedMetadataName(named, out nuint length);
        string name = LlvmText.Borrow(text, length);
        var operands = new LLVMValueRef[LLVM.LLVMGetNamedMetadataNumOperands(module.Ref, name)];
        fixed (LLVMValueRef* start = operands) LLVM.LLVMGetNamedMetadataOperands(module.Ref, name, start);
        foreach (LLVMValueRef operand in operands) Push(LLVM.LLVMValueAsMetadata(operand));
    }

    private void PushLocations(LLVMValueRef instruction)
    {
        Push(LLVM.LLVMInstructionGetDebugLoc(instruction));
        for (LLVMDbgRecordRef record = LLVM.LLVMGetFirstDbgRecord(instruction); !record.IsNull; record = LLVM.LLVMGetNextDbgRecord(record))
        {
            Push(LLVM.LLVMDbgRecordGetDebugLoc(record));
            if (LLVM.LLVMDbgRecordGetKind(record) != DbgRecordLabel) Push(LLVM.LLVMDbgVariableRecordGetVariable(record));
        }
    }

    private void PushAttached(LLVMValueRef global)
    {
        void* entries = LLVM.LLVMGlobalCopyAllMetadata(global, out nuint count);
        for (uint i = 0; i < count; i++) Push(LLVM.LLVMValueMetadataEntriesGetMetadata(entries, i));
        LLVM.LLVMDisposeValueMetadataEntries(entries);
    }
}
