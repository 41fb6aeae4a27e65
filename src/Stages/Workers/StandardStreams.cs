using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BpfIncr.Stages.Workers;

/// <summary>The process's standard streams below .NET's own view of them.</summary>
internal static partial class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>
    /// Takes standard output for the caller alone: whatever LLVM prints there afterwards goes to standard error, so
    /// that it cannot get between two answers.
    /// </summary>
    /// <exception cref="IOException">The descriptor cannot be duplicated.</exception>
    public static FileStream ClaimOutput()
    {
        int claimed = Duplicate(Output);
        if (claimed < 0 || Duplicate(Error, Output) < 0) throw new IOException("standard output cannot be duplicated");
        return new FileStream(new SafeFileHandle(claimed, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    }

    /// <summary>Ends the process at once. Exit handlers would tear LLVM down under a thread that is still in it.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void EndProcess(int status);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int descriptor, int target);
}
