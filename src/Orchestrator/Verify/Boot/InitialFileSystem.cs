using System.Text;
using System.Text.RegularExpressions;
using BpfIncr.Stages.Rustc;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify.Boot;

/// <summary>All that there is in a virtual machine: a shell, this program with its libraries, the objects, and what is to be done.</summary>
/// <param name="program">This program.</param>
/// <param name="library">Absolute path of libbpf.</param>
/// <param name="shell">A busybox that needs no libraries.</param>
internal sealed partial class InitialFileSystem(string program, string library, string shell)
{
    /// <summary>The line that is written when everything was asked for.</summary>
    public const string End = "bpfincr: end";

    /// <summary>The line that is written in the place of an answer when the loader did not survive.</summary>
    public const string Crash = "bpfincr: crash";

    // A program's log crosses a slow serial line.
    private const int LogLimit = 16 * 1024;

    // The loader takes one line of its input at a time, so the next one goes on where it has ended.
    private const string Script = $"""
        #!/busybox sh
        /busybox mount -t proc proc /proc
        /busybox mount -t sysfs sys /sys
        /busybox mount -t devtmpfs dev /dev
        /busybox mount -t tracefs tracefs /sys/kernel/tracing
        /busybox mount -t bpf bpf /sys/fs/bpf
        /busybox mount -t securityfs security /sys/kernel/security
        /busybox stty -F /dev/ttyS0 raw
        exec 3</requests
        until /bpfincr {LoaderProgram.Command} /libbpf <&3 >/dev/ttyS0 2>/dev/null; do echo '{Crash}' >/dev/ttyS0; done
        echo '{End}' >/dev/ttyS0
        /busybox poweroff -f

        """;

    /// <summary>Writes it for some objects.</summary>
    public void Write(string path, IReadOnlyList<CheckedObject> objects)
    {
        using var output = File.Create(path);
        var archive = new CpioArchive(output);
        foreach (var directory in (string[])["proc", "sys", "dev"])
            archive.AddDirectory(directory);
        archive.Add("init", Encoding.UTF8.GetBytes(Script));
        archive.Add("busybox", File.ReadAllBytes(shell));
        archive.Add("bpfincr", File.ReadAllBytes(program));
        archive.Add("libbpf", File.ReadAllBytes(library));
        foreach (var needed in LibrariesOf(program).Concat(LibrariesOf(library)).Distinct(StringComparer.Ordinal))
            archive.Add(needed.TrimStart('/'), File.ReadAllBytes(needed));
        var requests = new StringBuilder();
        for (var i = 0; i < objects.Count; i++)
        {
            archive.Add($"objects/{i}", File.ReadAllBytes(objects[i].Path));
            requests.Append(LoadAnswers.Ask($"/objects/{i}", LogLimit)).Append('\n');
        }
        archive.Add("requests", Encoding.UTF8.GetBytes(requests.ToString()));
        archive.End();
    }

    private static IEnumerable<string> LibrariesOf(string file) =>
        Library().Matches(ToolProcess.Ask("ldd", "/", file) ?? "").Select(m => m.Groups[1].Value);

    [GeneratedRegex(@"(?:=> |^\s+)(/\S+) \(0x", RegexOptions.Multiline)]
    private static partial Regex Library();
}
