using System.Runtime.InteropServices;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Verify;

/// <summary>Memory that the kernel writes a log to; it stays where it is.</summary>
internal sealed unsafe class LogBuffer : IDisposable
{
    /// <summary>Bytes for statistics and a verdict.</summary>
    public const int Small = 64 * 1024;

    /// <summary>Bytes for the log of most programs; kernels before 5.2 take no more.</summary>
    public const int Usual = (16 * 1024 * 1024) - 1;

    /// <summary>Bytes for any log that anybody would look at.</summary>
    public const int Largest = 256 * 1024 * 1024;

    public LogBuffer(int size)
    {
        Size = size;
        Start = (byte*)NativeMemory.Alloc((nuint)size);
        Start[0] = 0;
    }

    /// <summary>Its first byte.</summary>
    public byte* Start { get; }

    /// <summary>Bytes.</summary>
    public int Size { get; }

    /// <summary>What the kernel has written.</summary>
    public string Text => LlvmText.Borrow(Start);

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(Start);
}
