using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>
/// A booted kernel into which bpftool loads objects and shows what the kernel has of them. Nothing of bpfincr is in that machine, so that
/// what it says does not depend on the loader of <c>check</c>.
/// </summary>
internal static partial class BpftoolMachine
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // bpftool would read all of a kernel's symbols for each program, to name helpers, and an emulated kernel takes seconds to write them.
    // What is shown goes out over the second serial line, as one archive: the console is on the first.
    private static readonly string Script = $$"""
        #!/busybox sh
        /busybox mount -t proc proc /proc
        /busybox mount -t sysfs sys /sys
        /busybox mount -t devtmpfs dev /dev
        /busybox mount -t tracefs tracefs /sys/kernel/tracing
        /busybox mount -t bpf bpf /sys/fs/bpf
        /busybox mount -o bind /nothing /proc/kallsyms
        /busybox stty -F /dev/ttyS1 raw
        for object in /objects/*; do
          name=${object##*/}
          /busybox mkdir -p /shown/$name
          if {{BpfFileSystem.Bpftool}} prog loadall $object /sys/fs/bpf/$name >/shown/$name/refusal 2>&1; then
            for program in /sys/fs/bpf/$name/*; do
              {{BpfFileSystem.Bpftool}} prog dump xlated pinned $program linum >/shown/$name/${program##*/}.lines
              {{BpfFileSystem.Bpftool}} btf dump prog pinned $program >/shown/$name/${program##*/}.types
              /busybox rm $program
            done
          fi
        done
        /busybox tar c -C /shown . | /busybox gzip >/dev/ttyS1
        /busybox poweroff -f

        """;

    /// <summary>What a kernel has of each object that it takes; for each that it refuses, null.</summary>
    /// <param name="image">The kernel.</param>
    /// <param name="objects">Objects by name.</param>
    public static IReadOnlyDictionary<string, KernelDump?> Dump(string image, IReadOnlyDictionary<string, string> objects)
    {
        using var directory = new TestDirectory();
        WriteFiles(directory["root"], objects);
        Tool.Do("sh", "-c", $"cd {directory["root"]} && find . | busybox cpio -o -H newc >{directory["initrd"]}");
        var console = Boot(image, directory["initrd"], directory["shown"]);
        var shown = Read(directory["shown"]);
        Assert.True(shown?.Count == objects.Count, $"{image} did not come to the end of its objects:\n{console}");
        return shown;
    }

    private static void WriteFiles(string root, IReadOnlyDictionary<string, string> objects)
    {
        foreach (var name in (string[])["proc", "sys", "dev", "objects"])
            Directory.CreateDirectory(Path.Combine(root, name));
        File.WriteAllText(Path.Combine(root, "nothing"), "");
        File.WriteAllText(Path.Combine(root, "init"), Script);
        File.SetUnixFileMode(Path.Combine(root, "init"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.Copy("/bin/busybox", Path.Combine(root, "busybox"));
        var libraries = Library().Matches(Tool.Run("ldd", "/", [BpfFileSystem.Bpftool!]).Output).Select(m => m.Groups[1].Value);
        foreach (var needed in libraries.Append(BpfFileSystem.Bpftool!))
        {
            var copy = Path.Combine(root, needed.TrimStart('/'));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(needed, copy);
        }
        foreach (var (name, path) in objects)
            File.Copy(path, Path.Combine(root, "objects", name));
    }

    private static string Boot(string image, string archive, string shown)
    {
        File.Delete(shown);
        using var machine = Tool.Start("qemu-system-x86_64", "/",
        [
            "-accel", "tcg", "-cpu", "Nehalem", "-smp", "1", "-m", "1024", "-display", "none", "-nodefaults", "-nic", "none", "-no-reboot",
            "-serial", "stdio", "-serial", $"file:{shown}", "-kernel", image, "-initrd", archive,
            "-append", "console=ttyS0 quiet oops=panic panic=-1 mitigations=off clearcpuid=141 rdinit=/init",
        ]);
        return Tool.Finish(machine, Patience).ToString();
    }

    // Null when the archive is not whole.
    private static Dictionary<string, KernelDump?>? Read(string path)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var archive = new TarReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
            while (archive.GetNextEntry() is { } entry)
                if (entry.EntryType is TarEntryType.RegularFile)
                    files.Add(entry.Name["./".Length..], entry.DataStream is { } text ? new StreamReader(text).ReadToEnd() : "");
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return null;
        }
        return files.Keys.GroupBy(f => f.Split('/')[0]).ToDictionary(g => g.Key, g => Dump(g, files), StringComparer.Ordinal);
    }

    private static KernelDump? Dump(IEnumerable<string> names, Dictionary<string, string> files)
    {
        Dictionary<string, string> With(string ending) => names.Where(n => n.EndsWith(ending, StringComparison.Ordinal))
            .ToDictionary(n => Path.GetFileNameWithoutExtension(n), n => files[n], StringComparer.Ordinal);
        return With(".lines") is { Count: > 0 } lines ? new KernelDump(With(".types"), lines) : null;
    }

    [GeneratedRegex(@"(?:=> |^\s+)(/\S+) \(0x", RegexOptions.Multiline)]
    private static partial Regex Library();
}

/// <summary>What bpftool shows of the programs of an object in a kernel, by the name of each.</summary>
/// <param name="Types">Their types, as the kernel has kept them.</param>
/// <param name="Lines">Their instructions, with the source lines that the kernel has kept.</param>
internal sealed record KernelDump(IReadOnlyDictionary<string, string> Types, IReadOnlyDictionary<string, string> Lines);
