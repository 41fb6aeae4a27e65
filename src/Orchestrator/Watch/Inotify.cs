using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace BpfIncr.Orchestrator.Watch;

/// <summary>
/// Linux's inotify, as far as it is needed. .NET's FileSystemWatcher watches a whole tree or takes an inotify instance
/// for each directory (the default limit is 128); here the directories that matter are known, are spread over the tree,
/// and lie beside others, such as cargo's own, in which every build causes a storm of events.
/// </summary>
internal sealed partial class Inotify : IDisposable
{
    private const uint Modify = 0x2, CloseWrite = 0x8, MovedFrom = 0x40, MovedTo = 0x80, Create = 0x100, Delete = 0x200, MoveSelf = 0x800;
    private const uint Overflow = 0x4000, Ignored = 0x8000, OnlyDirectories = 0x1000000, IsDirectory = 0x40000000;
    private const uint Interest = Modify | CloseWrite | MovedFrom | MovedTo | Create | Delete | MoveSelf | OnlyDirectories;
    private const int CloseOnExec = 0x80000;
    private const int NoSpace = 28;

    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Dictionary<int, string> _directories = [];
    private readonly Dictionary<string, int> _watches = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <exception cref="Win32Exception">The system gives no instance.</exception>
    public Inotify()
    {
        var descriptor = Initialize(CloseOnExec);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Whether a directory is watched.</summary>
    public bool IsWatching(string directory)
    {
        lock (_lock)
            return _watches.ContainsKey(directory);
    }

    /// <summary>Watches a directory from now on; nothing happens when it is watched already or not there.</summary>
    /// <exception cref="Win32Exception">The system allows no more watches.</exception>
    public void Add(string directory)
    {
        lock (_lock)
        {
            if (_watches.ContainsKey(directory))
                return;
            var watch = AddWatch(_handle, directory, Interest);
            if (watch < 0 && Marshal.GetLastPInvokeError() == NoSpace)
                throw new Win32Exception(NoSpace);
            if (watch < 0)
                return;
            // One directory under two names has one watch: events carry the name that was asked for last.
            _directories[watch] = directory;
            _watches[directory] = watch;
        }
    }

    /// <summary>Whether an event comes within some time.</summary>
    public bool Poll(TimeSpan patience)
    {
        var descriptor = new PollDescriptor { Descriptor = _handle.DangerousGetHandle().ToInt32(), Wanted = 1 };
        return PollNative(ref descriptor, 1, Math.Max(0, (int)Math.Ceiling(patience.TotalMilliseconds))) > 0;
    }

    /// <summary>Waits for events.</summary>
    /// <exception cref="IOException">The instance is closed.</exception>
    public IReadOnlyList<FileEvent> Read()
    {
        var length = RandomAccess.Read(_handle, _buffer, 0);
        var events = new List<FileEvent>();
        lock (_lock)
        {
            for (var at = 0; at + 16 <= length;)
            {
                var watch = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(at));
                var mask = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(at + 4));
                var size = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(at + 12));
                var name = Encoding.UTF8.GetString(_buffer, at + 16, size).TrimEnd('\0');
                at += 16 + size;
                if ((mask & Overflow) != 0)
                    events.Add(FileEvent.Lost);
                else if (_directories.TryGetValue(watch, out var directory))
                    events.Add(Event(watch, directory, mask, name));
            }
        }
        return events;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private FileEvent Event(int watch, string directory, uint mask, string name)
    {
        if ((mask & Ignored) != 0)
        {
            // The directory is gone, and its watch with it; one of the same name has to be watched anew.
            _directories.Remove(watch);
            _watches.Remove(directory);
        }
        if ((mask & MoveSelf) != 0)
            Forget(directory);
        var isDirectory = (mask & IsDirectory) != 0;
        return new FileEvent(
            name.Length == 0 ? directory : $"{directory.TrimEnd('/')}/{name}",
            isDirectory && (mask & (Create | MovedTo)) != 0,
            !isDirectory && (mask & (Create | Modify)) != 0);
    }

    // Watches follow a directory that moves, under names that are no longer its own.
    private void Forget(string directory)
    {
        foreach (var (path, watch) in _watches.Where(w => w.Key == directory || w.Key.StartsWith($"{directory}/", StringComparison.Ordinal)).ToList())
        {
            _ = RemoveWatch(_handle, watch);
            _watches.Remove(path);
            _directories.Remove(watch);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Got;
    }

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Initialize(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AddWatch(SafeFileHandle descriptor, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RemoveWatch(SafeFileHandle descriptor, int watch);

    [LibraryImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int PollNative(ref PollDescriptor descriptors, nuint count, int milliseconds);
}

/// <summary>One event.</summary>
/// <param name="Path">What it is about; empty when events were lost.</param>
/// <param name="IsNewDirectory">Whether a directory appeared there.</param>
/// <param name="IsBeingWritten">Whether somebody has the file open and is going to close it.</param>
internal readonly record struct FileEvent(string Path, bool IsNewDirectory, bool IsBeingWritten)
{
    /// <summary>The queue was full: what happened is not known.</summary>
    public static readonly FileEvent Lost = new("", false, false);
}
