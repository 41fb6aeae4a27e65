using System.Buffers.Binary;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Codegen;

/// <summary>Reads a constant as the bytes that it is in memory.</summary>
internal sealed class ConstantReader(LlvmModule module)
{
    private const int MaximumBits = 64;

    private readonly LLVMTargetDataRef layout = LLVM.LLVMGetModuleDataLayout(module.Ref);
    private readonly bool isBig = module.Triple.StartsWith(BpfMachine.BigEndian, StringComparison.Ordinal);

    /// <summary>The bytes; null when there are more than <paramref name="maximum"/>, or some are only known once the program is loaded.</summary>
    public byte[]? TryRead(LLVMValueRef constant, int maximum)
    {
        ulong size = SizeOf(LLVM.LLVMTypeOf(constant));
        if (size > (ulong)maximum) return null;
        var bytes = new byte[size];
        return TryRead(constant, bytes) ? bytes : null;
    }

    private bool TryRead(LLVMValueRef constant, Span<byte> bytes)
    {
        // What is undefined may be anything.
        if (LLVM.LLVMIsNull(constant) != 0 || LLVM.LLVMIsUndef(constant) != 0) return true;
        LLVMTypeRef type = LLVM.LLVMTypeOf(constant);
        return LLVM.LLVMGetTypeKind(type) switch
        {
            LLVMTypeKind.Integer => TryReadInteger(constant, type, bytes),
            LLVMTypeKind.Array => TryReadElements(constant, (uint)LLVM.LLVMGetArrayLength2(type), i => i * SizeOf(LLVM.LLVMGetElementType(type)), bytes),
            LLVMTypeKind.Struct => TryReadElements(constant, LLVM.LLVMCountStructElementTypes(type), i => LLVM.LLVMOffsetOfElement(layout, type, i), bytes),
            _ => false,
        };
    }

    private bool TryReadElements(LLVMValueRef constant, uint count, Func<uint, ulong> offsetOf, Span<byte> bytes)
    {
        for (uint i = 0; i < count; i++)
            if (!TryRead(LLVM.LLVMGetAggregateElement(constant, i), bytes[(int)offsetOf(i)..])) return false;
        return true;
    }

    private bool TryReadInteger(LLVMValueRef constant, LLVMTypeRef type, Span<byte> bytes)
    {
        uint bits = LLVM.LLVMGetIntTypeWidth(type);
        // Where the bits of another width are in memory is a matter of its own.
        if (LLVM.LLVMIsAConstantInt(constant).IsNull || bits > MaximumBits || (bits > 8 && bits != SizeOf(type) * 8)) return false;
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        int size = (int)SizeOf(type);
        ulong value = LLVM.LLVMConstIntGetZExtValue(constant);
        if (isBig) BinaryPrimitives.WriteUInt64BigEndian(word, value);
        else BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        (isBig ? word[^size..] : word[..size]).CopyTo(bytes);
        return true;
    }

    private ulong SizeOf(LLVMTypeRef type) => LLVM.LLVMABISizeOfType(layout, type);
}
