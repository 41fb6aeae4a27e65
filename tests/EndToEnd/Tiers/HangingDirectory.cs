using System.Diagnostics;
using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Tiers;

/// <summary>
/// A directory under a FUSE file system whose process can be stopped: whoever touches the directory then hangs, as beside
/// a server that is gone. A second one above it takes each request and then hangs itself, so that not even a signal that
/// kills ends whoever waits.
/// </summary>
internal sealed class HangingDirectory : IDisposable
{
    private readonly List<(Process Daemon, string Mount)> _mounts = [];

    /// <summary>Mounts it; skips the test where that cannot be done.</summary>
    /// <param name="content">The directory that is shown.</param>
    /// <param name="place">An empty directory to mount in.</param>
    /// <param name="takesRequests">Whether whoever hangs cannot even be killed.</param>
    public HangingDirectory(string content, string place, bool takesRequests = false)
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/bindfs") || !File.Exists("/dev/fuse"))
            Assert.Skip("NOT TESTED: a directory that hangs needs root, /dev/fuse and Debian's package bindfs");
        Mount(content, Directory.CreateDirectory(System.IO.Path.Combine(place, "lower")).FullName);
        if (takesRequests)
            Mount(Path, Directory.CreateDirectory(System.IO.Path.Combine(place, "upper")).FullName);
    }

    /// <summary>Where it is.</summary>
    public string Path => _mounts[^1].Mount;

    /// <summary>The process of the file system that is to be stopped.</summary>
    public int ProcessId => _mounts[0].Daemon.Id;

    /// <summary>Hangs from now on.</summary>
    public void Hang() => Signal("STOP");

    /// <summary>Goes on.</summary>
    public void GoOn() => Signal("CONT");

    /// <inheritdoc/>
    public void Dispose()
    {
        GoOn();
        foreach (var (daemon, mount) in Enumerable.Reverse(_mounts))
        {
            // Whoever was held up may still be looking.
            Tool.Do("umount", "--lazy", mount);
            daemon.WaitForExit();
            daemon.Dispose();
        }
    }

    private void Mount(string content, string mount)
    {
        var daemon = Process.Start(new ProcessStartInfo("/usr/bin/bindfs", ["-f", content, mount]))!;
        _mounts.Add((daemon, mount));
        while (!File.ReadAllText("/proc/mounts").Contains($" {mount.Replace(" ", "\\040", StringComparison.Ordinal)} ", StringComparison.Ordinal))
        {
            Assert.False(daemon.HasExited, "bindfs could not mount");
            Thread.Sleep(5);
        }
    }

    private void Signal(string name) => Tool.Do("kill", $"-{name}", ProcessId.ToString(CultureInfo.InvariantCulture));
}
