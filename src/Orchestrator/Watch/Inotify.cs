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
    private const uint Interest = Modify | CloseWrite | MovedFrom | MovedTo | Create | Delete | OnlyDirectories;
    private const uint Modify = 0x2, CloseWrite = 0x8, MovedFrom = 0x40, MovedTo = 0x80, Create = 0x100, Delete = 0x200;
    private const uint Overflow = 0x4000, Ignored = 0x8000, OnlyDirectories = 0x1000000, IsDirectoryFlag = 0x40000000;
    private const int CloseOnExec = 0x80000;

    private readonly SafeFileHandle _handle;
    private readonly Dictionary<int, string> _directories = [];
    private readonly HashSet<string> _watched = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <exception cref="Win32Exception">The system gives no instance.</exception>
    public Inotify()
    {
        var descriptor = Initialize(CloseOnExec);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Watches a directory from now on; nothing happens when it is watched already or not there.</summary>
    /// <exception cref="Win32Exception">The system allows no more watches.</exception>
    public void Add(string directory)
    {
        lock (_lock)
        {
            if (!Directory.Exists(directory) || !_watched.Add(directory))
                return;
            var watch = AddWatch(_handle, directory, Interest);
            if (watch >= 0)
                _directories[watch] = directory;
            else if (Marshal.GetLastPInvokeError() == NoSpace)
                throw new Win32Exception(NoSpace, "the limit fs.inotify.max_user_watches is reached");
        }
    }

    private const int NoSpace = 28;

    /// <summary>Waits for events. An empty path means that some were lost.</summary>
    /// <exception cref="IOException">The instance is closed.</exception>
    public IReadOnlyList<(string Path, bool IsNewDirectory)> Read()
    {
        var buffer = new byte[64 * 1024];
        var length = RandomAccess.Read(_handle, buffer, 0);
        var events = new List<(string, bool)>();
        for (var at = 0; at + 16 <= length;)
        {
            var watch = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at));
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 4));
            var size = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at + 12));
            var name = Encoding.UTF8.GetString(buffer, at + 16, size).TrimEnd('\0');
            at += 16 + size;
            events.Add(Event(watch, mask, name));
        }
        return events;
    }

    private (string, bool) Event(int watch, uint mask, string name)
    {
        lock (_lock)
        {
            if ((mask & Overflow) != 0 || !_directories.TryGetValue(watch, out var directory))
                return ("", false);
            // The directory is gone, and its watch with it; one of the same name has to be watched anew.
            if ((mask & Ignored) != 0 && _directories.Remove(watch))
                _watched.Remove(directory);
            var isNewDirectory = (mask & IsDirectoryFlag) != 0 && (mask & (Create | MovedTo)) != 0;
            return (Path.Combine(directory, name), isNewDirectory);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Initialize(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AddWatch(SafeFileHandle descriptor, string path, uint mask);
}
