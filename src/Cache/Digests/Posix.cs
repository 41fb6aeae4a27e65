using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BpfIncr.Cache.Digests;

/// <summary>
/// System calls that .NET has no equal for: all of a stamp at once, a name that is given only when it is free, and what keeps a secret.
/// </summary>
internal static partial class Posix
{
    private const int AtFdCwd = -100, NoFollow = 0x100, Exclusive = 2, NoWait = 4, WouldBlock = 11;
    private const int SetDumpable = 4;
    private const uint BasicStats = 0x7ff;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatXNative(int directory, string path, int flags, uint mask, out StatXBuffer buffer);

    [LibraryImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatXNative(int directory, ReadOnlySpan<byte> path, int flags, uint mask, out StatXBuffer buffer);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LinkNative(string existing, string name);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FlockNative(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial byte* GetVariableNative(string name);

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ControlProcessNative(int option, nuint argument, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint UserNative();

    /// <summary>Overwrites a variable of the environment that the process was started with, where <c>/proc</c> shows it.</summary>
    public static unsafe void EraseVariable(string name)
    {
        for (var value = GetVariableNative(name); value is not null && *value != 0; value++)
            *value = 0;
    }

    /// <summary>Lets nobody but root trace this process or read its memory; nor does it leave any when it crashes.</summary>
    public static void DenyInspection() => _ = ControlProcessNative(SetDumpable, 0, 0, 0, 0);

    /// <summary>Takes the advisory lock of an open file, without waiting.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isTaken">When it could not be had: whether somebody else has it.</param>
    public static bool TryLock(SafeFileHandle file, out bool isTaken)
    {
        var isLocked = FlockNative(file, Exclusive | NoWait) == 0;
        isTaken = !isLocked && Marshal.GetLastPInvokeError() == WouldBlock;
        return isLocked;
    }

    /// <summary>Gives a file a second name; false when the name is taken. Unlike a move, this never replaces anything.</summary>
    public static bool Link(string existing, string name) => LinkNative(existing, name) == 0;

    public static bool StatX(string path, out StatXBuffer buffer) =>
        StatXNative(AtFdCwd, path, 0, BasicStats, out buffer) == 0;

    /// <summary>What the system says of a link itself, not of what it leads to.</summary>
    public static bool LinkStatX(string path, out StatXBuffer buffer) =>
        StatXNative(AtFdCwd, path, NoFollow, BasicStats, out buffer) == 0;

    /// <param name="path">A path in UTF-8 with a zero at its end.</param>
    /// <param name="buffer">What the system says.</param>
    public static bool StatX(ReadOnlySpan<byte> path, out StatXBuffer buffer) =>
        StatXNative(AtFdCwd, path, 0, BasicStats, out buffer) == 0;

    /// <summary>The kernel's <c>struct statx</c>; 256 bytes, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatXBuffer
    {
        [FieldOffset(0x14)] private readonly uint _owner;
        [FieldOffset(0x1c)] private readonly ushort _mode;
        [FieldOffset(0x20)] private readonly ulong _inode;
        [FieldOffset(0x28)] private readonly ulong _size;
        [FieldOffset(0x30)] private readonly ulong _blocks;
        [FieldOffset(0x60)] private readonly long _changedSeconds;
        [FieldOffset(0x68)] private readonly uint _changedNanoseconds;
        [FieldOffset(0x70)] private readonly long _modifiedSeconds;
        [FieldOffset(0x78)] private readonly uint _modifiedNanoseconds;

        public readonly bool IsRegularFile => (_mode & 0xf000) == 0x8000;

        public readonly bool IsDirectory => (_mode & 0xf000) == 0x4000;

        public readonly bool IsLink => (_mode & 0xf000) == 0xa000;

        /// <summary>Whether it belongs to whom this process runs for.</summary>
        public readonly bool IsOwn => _owner == UserNative();

        /// <summary>Whether the group or others may do anything with it.</summary>
        public readonly bool IsOpenToOthers => (_mode & 0b000_111_111) != 0;

        /// <summary>The bytes of the disk that the content takes; the system counts them in blocks of 512.</summary>
        public readonly long Space => (long)_blocks * 512;

        public readonly FileStamp ToStamp() => new(
            (long)_size,
            (_modifiedSeconds * 1_000_000_000) + _modifiedNanoseconds,
            (_changedSeconds * 1_000_000_000) + _changedNanoseconds,
            _inode);
    }
}
