using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>The corpus, built in each toolchain mode, and its functions on this machine.</summary>
/// <param name="directory">Where it is built.</param>
/// <param name="cache">The cache of all objects.</param>
internal sealed class CorpusObjects(string directory, string cache)
{
    /// <summary>The oldest kernel that is booted. Whatever is made for older ones has to load there.</summary>
    public const string Oldest = "5.10";

    private readonly Dictionary<string, Checkout> _checkouts = [];
    private string? _native;
    private Checkout? _unbootable;

    /// <summary>The toolchain modes.</summary>
    public static IReadOnlyList<string> Modes { get; } = [.. Amounts.Rows("bpf", "host")];

    /// <summary>The names of all programs.</summary>
    public IReadOnlyList<string> Probes { get; } =
    [
        .. ((string[])["kinds", "language"])
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(Repository.Fixtures, "corpus", p, "src/bin")))
            .Select(f => Path.GetFileNameWithoutExtension(f)!),
    ];

    /// <summary>The kernels that there are profiles for, and that no machine of the tests runs.</summary>
    public static IReadOnlyList<string> UnbootableKernels { get; } =
        [.. Amounts.Rows("4.15", "4.19", "5.4", "5.15", "6.6")];

    /// <summary>
    /// The programs that kernels before 5.3 do not take: they have variables of their own, or a loop that is not unrolled.
    /// </summary>
    public static IReadOnlyList<string> NeedsVersion5 { get; } =
        ["globals", "lengths", "loops", "moves", "partial", "types"];

    /// <summary>A checkout that is built for those kernels.</summary>
    public Checkout Unbootable => _unbootable ??= BuildUnbootable();

    /// <summary>The objects that are made for kernels before the oldest one that is booted.</summary>
    public IReadOnlyList<string> ObjectsForOlder() =>
    [
        .. UnbootableKernels.Where(k => Version.Parse(k) < Version.Parse(Oldest))
            .SelectMany(k => Probes.Select(p => Unbootable.ObjectOf(p, k))).Where(File.Exists),
    ];

    /// <summary>A built checkout.</summary>
    public Checkout In(string mode) => _checkouts.TryGetValue(mode, out var built) ? built : _checkouts[mode] = Build(mode);

    /// <summary>The file of a kernel that <c>check</c> boots.</summary>
    public string Image(string kernel)
    {
        var checkout = In("bpf");
        checkout.Run("check", Probes[0], "--boot", kernel);
        return Directory.EnumerateFiles(Path.Combine(checkout.Cache, "kernels", kernel), "vmlinuz-*").Single();
    }

    /// <summary>What each function gives natively, for each input.</summary>
    public List<Dictionary<string, uint>> Native(IEnumerable<byte[]> inputs)
    {
        var corpus = In("bpf");
        if (_native is null)
        {
            Tool.Do(
                "/usr/bin/cargo", "build", "--release", "--offline", "-q", "-p", "native",
                "--manifest-path", corpus["Cargo.toml"], "--target-dir", InDirectory("native"));
            _native = InDirectory("native/release/native");
        }
        File.WriteAllLines(InDirectory("inputs"), inputs.Select(Convert.ToHexStringLower));
        var output = Tool.Run("sh", "/", ["-c", $"{_native} < {InDirectory("inputs")}"]);
        Assert.True(output.ExitCode == 0, output.ToString());
        return [.. output.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ').Select(w => w.Split('='))
            .ToDictionary(w => w[0], w => uint.Parse(w[1], CultureInfo.InvariantCulture)))];
    }

    /// <summary>The names of the programs that need a newer kernel, in order.</summary>
    public static IEnumerable<string> NewerThan(Version kernel) =>
        File.ReadLines(Path.Combine(Repository.Fixtures, "corpus/kernels.txt")).Where(l => l[0] != '#')
            .Select(l => l.Split(' ')).Where(l => Version.Parse(l[1]) > kernel).Select(l => l[0])
            .Order(StringComparer.Ordinal);

    private string InDirectory(string name) => Path.Combine(directory, name);

    private Checkout Build(string mode)
    {
        var checkout = Copy(mode);
        checkout.Replace("bpfincr.json", "\"packages\"", $"\"toolchain\": {{ \"mode\": \"{mode}\" }}, \"packages\"");
        checkout.Build().Succeeded();
        return checkout;
    }

    private Checkout BuildUnbootable()
    {
        var checkout = Copy("unbootable");
        var variants = string.Join(", ", UnbootableKernels.Select(k => $"\"{k}\": {{ \"kernel\": \"{k}\" }}"));
        checkout.Write("bpfincr.json", $"{{ \"toolchain\": {{ \"mode\": \"bpf\" }}, \"packages\": [\"kinds\", \"language\"], \"variants\": {{ {variants} }} }}");
        Assert.Equal(1, checkout.Build("--keep-going").ExitCode);
        return checkout;
    }

    private Checkout Copy(string name)
    {
        var checkout = new Checkout(InDirectory(name), cache);
        Directory.CreateDirectory(directory);
        Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, "corpus"), checkout.Directory);
        Tool.Do("rm", "-rf", checkout["target"]);
        return checkout;
    }
}
