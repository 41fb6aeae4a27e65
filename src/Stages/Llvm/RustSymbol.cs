using System.Runtime.InteropServices;
using System.Text;

namespace BpfIncr.Stages.Llvm;

/// <summary>Reads symbol names for people. libLLVM carries the demangler of both Rust schemes; without it names stay as they are.</summary>
internal static unsafe class RustSymbol
{
    // llvm::rustDemangle(std::string_view). Not of the C API, but stable since LLVM 17; the mangled name says that a
    // string_view is libstdc++'s, a length and a pointer in two registers.
    private const string Demangler = "_ZN4llvm12rustDemangleESt17basic_string_viewIcSt11char_traitsIcEE";

    /// <summary>The readable path of a Rust symbol, without the hash; any other name unchanged.</summary>
    public static string Demangle(string symbol)
    {
        if (Legacy(symbol) is { } path) return path;
        if (!IsNewlyMangled(symbol)) return symbol;
        nint demangle = LlvmLibrary.FindExport(Demangler);
        if (demangle == 0) return symbol;
        // What LLVM appends to make a name unique says nothing.
        byte[] bytes = Encoding.UTF8.GetBytes(symbol.Split('.')[0]);
        fixed (byte* start = bytes)
        {
            byte* text = ((delegate* unmanaged<nuint, byte*, byte*>)demangle)((nuint)bytes.Length, start);
            if (text is null) return symbol;
            string readable = LlvmText.Borrow(text);
            NativeMemory.Free(text);
            return readable;
        }
    }

    /// <summary>Whether a symbol is in the newer of rustc's manglings, called v0.</summary>
    public static bool IsNewlyMangled(string symbol) => symbol.StartsWith("_R", StringComparison.Ordinal);

    /// <summary>Whether a symbol is the panic handler, which rustc names <c>rust_begin_unwind</c> in one mangling or another.</summary>
    public static bool IsPanicHandler(string symbol) => symbol.EndsWith("rust_begin_unwind", StringComparison.Ordinal);

    /// <summary>
    /// Whether a symbol is of Rust's runtime, such as the panic handler or the stack probe. rustc asks a host's linker to
    /// keep these; a BPF object has no use for them.
    /// </summary>
    public static bool IsRuntime(string symbol) => IsPanicHandler(symbol) || symbol.Contains("7___rustc", StringComparison.Ordinal);

    /// <summary>Whether a symbol was compiled from the standard library's core, alloc or std crate.</summary>
    public static bool IsStandardLibrary(string symbol)
    {
        string path = Demangle(symbol).TrimStart('<');
        return path.StartsWith("core::", StringComparison.Ordinal) ||
            path.StartsWith("alloc::", StringComparison.Ordinal) ||
            path.StartsWith("std::", StringComparison.Ordinal);
    }

    /// <summary><c>_ZN4core9panicking5panic17h0123456789abcdefE</c> is <c>core::panicking::panic</c>.</summary>
    private static string? Legacy(string symbol)
    {
        if (!symbol.StartsWith("_ZN", StringComparison.Ordinal)) return null;
        var parts = new List<string>();
        for (int at = 3; at < symbol.Length && symbol[at] != 'E';)
        {
            int length = 0;
            while (at < symbol.Length && char.IsAsciiDigit(symbol[at]) && length < symbol.Length) length = (length * 10) + (symbol[at++] - '0');
            if (length == 0 || length > symbol.Length - at) return null;
            parts.Add(symbol.Substring(at, length));
            at += length;
        }

        if (parts.Count > 1 && parts[^1].Length == 17 && parts[^1][0] == 'h') parts.RemoveAt(parts.Count - 1);
        return string.Join("::", parts.Select(Unescape));
    }

    private static string Unescape(string part)
    {
        if (part.StartsWith("_$", StringComparison.Ordinal)) part = part[1..];
        return part.Replace("..", "::", StringComparison.Ordinal)
            .Replace("$LT$", "<", StringComparison.Ordinal).Replace("$GT$", ">", StringComparison.Ordinal)
            .Replace("$RF$", "&", StringComparison.Ordinal).Replace("$BP$", "*", StringComparison.Ordinal)
            .Replace("$LP$", "(", StringComparison.Ordinal).Replace("$RP$", ")", StringComparison.Ordinal)
            .Replace("$C$", ",", StringComparison.Ordinal).Replace("$SP$", "@", StringComparison.Ordinal)
            .Replace("$u20$", " ", StringComparison.Ordinal).Replace("$u27$", "'", StringComparison.Ordinal)
            .Replace("$u5b$", "[", StringComparison.Ordinal).Replace("$u5d$", "]", StringComparison.Ordinal)
            .Replace("$u7b$", "{", StringComparison.Ordinal).Replace("$u7d$", "}", StringComparison.Ordinal);
    }
}
