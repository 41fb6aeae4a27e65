using System.Runtime.InteropServices;

namespace BpfIncr.Stages.Workers;

/// <summary>
/// How much memory a worker may take: a program that is too much for LLVM is to end the worker, and not the machine's other processes.
/// <para>
/// What is limited is the memory that a process can write to and shares with nobody. A limit on all that is mapped would not do: .NET
/// reserves hundreds of gigabytes of addresses that it never uses.
/// </para>
/// </summary>
public static partial class MemoryLimit
{
    private const int Data = 2;
    private const long Least = 2L << 30;

    /// <summary>Half of the memory that there is, in bytes; on small machines 2 GiB, which an ordinary program may need.</summary>
    public static long Default => Math.Max(Least, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);

    /// <summary>Limits this process, for its whole life. An allocation beyond the limit fails, which ends LLVM and with it the process.</summary>
    /// <param name="bytes">How much it may take; a limit that is lower already stays.</param>
    public static void Set(long bytes)
    {
        if (GetLimit(Data, out Limit limit) != 0) return;
        ulong value = Math.Min((ulong)bytes, limit.Hard);
        limit = new Limit(Math.Min(value, limit.Soft), value);
        // Without a limit everything works as well, as long as the memory lasts.
        _ = SetLimit(Data, in limit);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
