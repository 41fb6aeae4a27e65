using BpfIncr.Stages.Elf;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Disassembly;

/// <summary>LLVM's disassembler for BPF.</summary>
internal sealed unsafe class Disassembler : IDisposable
{
    /// <summary>The level that knows the instructions of all others.</summary>
    private const string Cpu = "v4";

    private const int InstructionSize = 8, LongestText = 256;

    private readonly LLVMDisasmContextRef context;

    /// <exception cref="MalformedInputException">The library has no disassembler for BPF.</exception>
    public Disassembler(bool bigEndian)
    {
        LLVM.LLVMInitializeBPFDisassembler();
        string triple = bigEndian ? BpfMachine.BigEndian : BpfMachine.LittleEndian;
        context = LLVM.LLVMCreateDisasmCPUFeatures(triple, Cpu, "", 0, 0, 0, 0);
        if (context.IsNull) throw new MalformedInputException("this libLLVM cannot disassemble BPF");
    }

    /// <summary>The first instruction of some code, and how many bytes it takes; of what is none, the bytes of one with no text.</summary>
    public (string Text, int Size) Next(ReadOnlySpan<byte> code, ulong address)
    {
        byte* text = stackalloc byte[LongestText];
        nuint size;
        fixed (byte* start = code) size = LLVM.LLVMDisasmInstruction(context, start, (ulong)code.Length, address, text, LongestText);
        return size == 0 ? ("", Math.Min(InstructionSize, code.Length)) : (LlvmText.Borrow(text), (int)size);
    }

    /// <inheritdoc/>
    public void Dispose() => LLVM.LLVMDisasmDispose(context);
}
