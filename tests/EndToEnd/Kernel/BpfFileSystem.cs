using System.Globalization;
using System.Text.RegularExpressions;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>
/// A BPF file system of the tests' own, into which bpftool loads objects. Skips tests, with the reason, where the
/// machine does not let it; in continuous integration that is a failure, for there nobody would notice.
/// </summary>
internal sealed partial class BpfFileSystem : IDisposable
{
    /// <summary>The path of bpftool; null when there is none.</summary>
    public static string? Bpftool { get; } = ((string[])["/usr/sbin", "/usr/bin", "/usr/local/sbin"])
        .Select(d => Path.Combine(d, "bpftool")).FirstOrDefault(File.Exists);

    private readonly TestDirectory _directory = new();
    private int _loaded;

    public BpfFileSystem() => Missing = Mount();

    /// <summary>Why objects cannot be loaded here; null when they can.</summary>
    private string? Missing { get; }

    /// <summary>Skips or fails the running test when objects cannot be loaded here.</summary>
    public void Require()
    {
        if (Missing is null)
            return;
        var message = $"NOT LOADED INTO THE KERNEL: {Missing}";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(message);
        TestContext.Current.SendDiagnosticMessage(message);
        Assert.Skip(message);
    }

    /// <summary>Loads every program of an object; gives what the kernel and libbpf had against it, or null.</summary>
    public string? Load(string path, params IEnumerable<string> options)
    {
        var (pins, complaint) = LoadAll(path, options);
        if (Directory.Exists(pins))
            Directory.Delete(pins, recursive: true);
        return complaint;
    }

    /// <summary>Runs a program of an object once for each input file, and gives what it returned.</summary>
    public IReadOnlyList<uint> Run(string path, string program, IReadOnlyList<string> inputs)
    {
        var pins = _directory[$"{++_loaded}"];
        Tool.Do(Bpftool!, "prog", "loadall", path, pins);
        using var scratch = new TestDirectory();
        File.WriteAllLines(scratch["batch"], inputs.Select(i => $"prog run pinned {pins}/{program} data_in {i}"));
        var result = Tool.Run(Bpftool!, "/", ["batch", "file", scratch["batch"]]);
        Directory.Delete(pins, recursive: true);
        Assert.True(result.ExitCode == 0, result.ToString());
        return [.. Returned().Matches(result.Output).Select(m => uint.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];
    }

    /// <summary>What the kernel has of the programs of an object; null when it takes them not.</summary>
    public KernelDump? Dump(string path)
    {
        var (pins, complaint) = LoadAll(path, []);
        if (complaint is not null)
            return null;
        var programs = Directory.EnumerateFiles(pins).ToList();
        Dictionary<string, string> Shown(Func<string, string[]> command) =>
            programs.ToDictionary(p => Path.GetFileName(p), p => Tool.Run(Bpftool!, "/", command(p)).Output, StringComparer.Ordinal);
        var dump = new KernelDump(Shown(p => ["btf", "dump", "prog", "pinned", p]), Shown(p => ["prog", "dump", "xlated", "pinned", p, "linum"]));
        Directory.Delete(pins, recursive: true);
        return dump;
    }

    /// <summary>The types of an object, which bpftool reads without the kernel.</summary>
    public string Types(string path) => Tool.Run(Bpftool!, "/", ["btf", "dump", "file", path]).Output;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Missing is null)
            Tool.Do("umount", _directory.Path);
        _directory.Dispose();
    }

    private (string Pins, string? Complaint) LoadAll(string path, IEnumerable<string> options)
    {
        var pins = _directory[$"{++_loaded}"];
        return (pins, Complaint(path, pins, Tool.Run(Bpftool!, "/", ["-d", "prog", "loadall", path, pins, .. options])));
    }

    private static string? Complaint(string path, string pins, ToolResult result)
    {
        var log = (result.Output + result.Errors).Split('\n');
        if (result.ExitCode != 0 || !Directory.EnumerateFiles(pins).Any())
            return $"{path} was not loaded:\n{string.Join('\n', log.TakeLast(12))}";
        // The kernel refuses type information, and libbpf goes on without it.
        var refused = log.FirstOrDefault(l => l.Contains("Error loading .BTF", StringComparison.Ordinal));
        return refused is null ? null : $"{path}: {refused}";
    }

    [GeneratedRegex(@"Return value: (\d+)")]
    private static partial Regex Returned();

    private string? Mount()
    {
        if (!Environment.IsPrivilegedProcess)
            return "only root may load programs";
        if (Bpftool is null)
            return "bpftool is missing: apt-get install bpftool";
        var mount = Tool.Run("mount", "/", ["-t", "bpf", "bpf", _directory.Path]);
        return mount.ExitCode == 0 ? null : $"no BPF file system can be mounted: {mount.Errors.Trim()}";
    }
}
