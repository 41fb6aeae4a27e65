using System.Text;

namespace BpfIncr.Stages.Llvm;

/// <summary>Reading the strings that LLVM hands out.</summary>
internal static unsafe class LlvmText
{
    /// <summary>A string that LLVM keeps.</summary>
    public static string Borrow(byte* text, nuint length) => text is null ? "" : Encoding.UTF8.GetString(text, checked((int)length));

    /// <summary>A zero-terminated string that LLVM keeps.</summary>
    public static string Borrow(byte* text) =>
        text is null ? "" : Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    /// <summary>A message that the caller owns; freed here.</summary>
    public static string Take(byte* message)
    {
        if (message is null) return "";
        string text = Borrow(message);
        LLVM.LLVMDisposeMessage(message);
        return text;
    }

    /// <summary>The message of an error; the error is consumed.</summary>
    public static string Take(LLVMErrorRef error)
    {
        byte* message = LLVM.LLVMGetErrorMessage(error);
        string text = Borrow(message);
        LLVM.LLVMDisposeErrorMessage(message);
        return text;
    }
}
