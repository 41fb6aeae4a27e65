using System.Globalization;
using System.Text;

namespace BpfIncr.Orchestrator.Verify.Boot;

/// <summary>
/// Writes the archive that a kernel unpacks into its first file system: cpio in the format "newc", as the kernel's
/// <c>Documentation/driver-api/early-userspace/buffer-format.rst</c> describes it.
/// </summary>
internal sealed class CpioArchive(Stream output)
{
    private const int DirectoryMode = 0x41ed, FileMode = 0x81ed;

    private readonly HashSet<string> _directories = [];
    private long _written;
    private int _number;

    /// <summary>Adds a file that can be run, and the directories that it lies in.</summary>
    public void Add(string path, ReadOnlySpan<byte> content)
    {
        for (var end = path.IndexOf('/'); end > 0; end = path.IndexOf('/', end + 1))
            AddDirectory(path[..end]);
        Write(path, FileMode, content);
    }

    /// <summary>Adds a directory.</summary>
    public void AddDirectory(string path)
    {
        if (_directories.Add(path))
            Write(path, DirectoryMode, []);
    }

    /// <summary>Writes the end.</summary>
    public void End() => Write("TRAILER!!!", 0, []);

    private void Write(string name, int mode, ReadOnlySpan<byte> content)
    {
        var bytes = Encoding.UTF8.GetBytes(name + '\0');
        // Number, mode, owner, group, links, time, size, two devices, length of the name, checksum.
        int[] fields = [++_number, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, bytes.Length, 0];
        Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(f => f.ToString("X8", CultureInfo.InvariantCulture)))));
        Write(bytes);
        Pad();
        Write(content);
        Pad();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _written += bytes.Length;
    }

    private void Pad() => Write(new byte[(4 - (_written % 4)) % 4]);
}
