using BpfIncr.Cache.Digests;
using Microsoft.Win32.SafeHandles;

namespace BpfIncr.Cache.Actions;

/// <summary>
/// Whoever holds it is the one that runs an action; the others wait, and then find the result. It is an advisory lock
/// (<c>flock</c>) on a file of its own, so that it holds between threads as between processes, and the kernel takes it back
/// from whoever is killed. It saves work and nothing else: two that run the same action are no mistake, and where no lock
/// can be had, each goes on alone.
/// </summary>
public sealed class ActionLock : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(16);

    private readonly string _path;
    private readonly SafeFileHandle? _file;

    private ActionLock(string path, SafeFileHandle? file) => (_path, _file) = (path, file);

    /// <summary>Takes the lock that a file stands for; null when somebody else has it.</summary>
    internal static ActionLock? TryAcquire(string path)
    {
        while (true)
        {
            SafeFileHandle file;
            try
            {
                System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new ActionLock(path, null);
            }
            if (!Posix.TryLock(file, out var isTaken))
            {
                file.Dispose();
                return isTaken ? null : new ActionLock(path, null);
            }
            // Between opening and locking, the one before may have removed the file: then this is a lock that nobody sees.
            if (FileStamp.Of(path).Inode == FileStamp.Of($"/proc/self/fd/{file.DangerousGetHandle()}").Inode)
                return new ActionLock(path, file);
            file.Dispose();
        }
    }

    /// <summary>Takes the lock; null when somebody else has it for longer than one is willing to wait.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal static async Task<ActionLock?> AcquireAsync(string path, TimeSpan patience, CancellationToken cancellation)
    {
        var pause = TimeSpan.FromMilliseconds(1);
        for (var end = Environment.TickCount64 + patience.TotalMilliseconds; ;)
        {
            if (TryAcquire(path) is { } acquired)
                return acquired;
            if (Environment.TickCount64 >= end)
                return null;
            await Task.Delay(pause, cancellation);
            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_file is null || _file.IsClosed)
            return;
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty file that stays is of no meaning to anyone.
        }
        _file.Dispose();
    }
}
