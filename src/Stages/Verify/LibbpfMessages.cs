using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using BpfIncr.Stages.Llvm;

namespace BpfIncr.Stages.Verify;

/// <summary>What libbpf says while it works. It has one place for that in a process, and one process loads one object at a time.</summary>
internal static unsafe partial class LibbpfMessages
{
    private const int Longest = 64 * 1024;

    private static readonly List<string> Warnings = [];
    private static readonly List<Subprogram> Subprograms = [];

    /// <summary>Takes libbpf's messages from now on.</summary>
    public static void Listen() => Libbpf.libbpf_set_print(&Print);

    /// <summary>Forgets what was said.</summary>
    public static void Clear()
    {
        Warnings.Clear();
        Subprograms.Clear();
    }

    /// <summary>Adds a warning that libbpf itself cannot give.</summary>
    public static void Add(string warning) => Warnings.Add(warning);

    /// <summary>The warnings so far.</summary>
    public static IReadOnlyList<string> Said => Warnings;

    /// <summary>The functions that were put behind programs so far.</summary>
    public static IReadOnlyList<Subprogram> Added => Subprograms;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, nint arguments)
    {
        byte* buffer = (byte*)NativeMemory.Alloc(Longest);
        int length = Libbpf.vsnprintf(buffer, Longest, format, arguments);
        string text = LlvmText.Borrow(buffer).Trim().Replace("libbpf: ", "", StringComparison.Ordinal);
        NativeMemory.Free(buffer);
        if (level == Libbpf.LIBBPF_WARN && text.Length > 0) Warnings.Add(text);
        // libbpf says nowhere else how it has laid out what it gives to the kernel.
        else if (Addition().Match(text) is { Success: true } added)
            Subprograms.Add(new Subprogram(added.Groups[2].Value, int.Parse(added.Groups[1].ValueSpan, CultureInfo.InvariantCulture)));
        return length;
    }

    [GeneratedRegex(@": added (\d{1,9}) insns from sub-prog '([^']*)'")]
    private static partial Regex Addition();
}
