using System.Text;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Patch;

/// <summary>
/// Removes the checksum of every source file in the debug info: it is the one thing in the bitcode that changes with an
/// edit of a comment that moves no line, and nothing of it reaches the object. The C API can only replace an operand. LLVM
/// keeps a pointer to the checksum's text beside the operands, and writes a text that is no operand as none; so any other
/// text in the operand makes the checksum vanish from the written bitcode.
/// <para>
/// And it makes a number of <c>char</c>: LLVM has no BTF for a character of Unicode, and writes whatever is in memory for the type of
/// an array's elements.
/// </para>
/// </summary>
internal sealed unsafe class DebugInfoNormalizer(LlvmModule module)
{
    private const int ChecksumOperand = 2;
    private const uint UnsignedEncoding = 7;
    private const ulong CharacterBits = 32;
    private const int DbgRecordLabel = 0;
    private readonly HashSet<LLVMMetadataRef> seen = [];
    private readonly Stack<LLVMMetadataRef> work = [];
    private LLVMMetadataRef number;

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
        for (int i = 0; i < operands.Length; i++)
        {
            if (operands[i].IsNull || LLVM.LLVMIsAMDNode(operands[i]).IsNull) continue;
            LLVMMetadataRef operand = LLVM.LLVMValueAsMetadata(operands[i]);
            if (IsCharacter(operand)) LLVM.LLVMReplaceMDNodeOperandWith(node, (uint)i, Number());
            else Push(operand);
        }
    }

    private bool IsCharacter(LLVMMetadataRef type)
    {
        if (LLVM.LLVMGetMetadataKind(type) != LLVMMetadataKind.DIBasicType || type == number || LLVM.LLVMDITypeGetSizeInBits(type) != CharacterBits) return false;
        byte* name = LLVM.LLVMDITypeGetName(type, out nuint length);
        return LlvmText.Borrow(name, length) == "char";
    }

    private LLVMMetadataRef Number()
    {
        if (!number.IsNull) return number;
        LLVMDIBuilderRef builder = LLVM.LLVMCreateDIBuilder(module.Ref);
        fixed (byte* name = "char"u8) number = LLVM.LLVMDIBuilderCreateBasicType(builder, name, 4, CharacterBits, UnsignedEncoding, 0);
        LLVM.LLVMDisposeDIBuilder(builder);
        return number;
    }

    private void Clear(LLVMValueRef file, LLVMValueRef[] operands)
    {
        if (operands.Length <= ChecksumOperand || operands[ChecksumOperand].IsNull) return;
        LLVM.LLVMGetMDString(operands[ChecksumOperand], out uint length);
        byte[] zeros = Encoding.ASCII.GetBytes(new string('0', (int)length));
        fixed (byte* start = zeros)
            LLVM.LLVMReplaceMDNodeOperandWith(file, ChecksumOperand, LLVM.LLVMMDStringInContext2(module.Context.Ref, start, length));
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
