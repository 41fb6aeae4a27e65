using System.Globalization;
using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>The programs in <c>fixtures/corpus</c>: every kind that kernels have, and what is hard about Rust.</summary>
public sealed class CorpusTests(CorpusObjects corpus) : IClassFixture<CorpusObjects>
{
    // All of these run at the beginning or the end of a kernel's function. Some sandboxes refuse them with EPERM and no log.
    private static readonly string[] MayBeForbidden = ["fentry", "fexit", "fmod_ret", "lsm", "sleepable", "task_storage"];

    // Debian 12's bpftool does not know their sections; check does.
    private static readonly string[] NewerThanBpftool = ["netfilter", "netkit", "tcx"];

    [Theory]
    [InlineData("bpf")]
    [InlineData("host")]
    public void The_running_kernel_takes_every_program_with_its_types(string mode)
    {
        corpus.Kernel.Require();
        var checkout = corpus.In(mode);

        var check = checkout.Run("check", "--json");

        Assert.True(corpus.Probes.Count >= 90, $"{corpus.Probes.Count} programs");
        var kernel = Assert.Single(JsonDocument.Parse(check.Output).RootElement.GetProperty("kernels").EnumerateArray());
        foreach (var one in kernel.GetProperty("objects").EnumerateArray())
        {
            var probe = one.GetProperty("name").GetString()!.Split('/')[0];
            var findings = one.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("message").GetString()!).ToList();
            // Nor does the kernel refuse an object's type information: that would be a finding.
            Assert.True(
                findings.Count == 0 || (MayBeForbidden.Contains(probe) && findings.All(f => f.EndsWith("failed to load: -1", StringComparison.Ordinal))),
                $"{probe}: {string.Join('\n', findings)}");
        }
    }

    [Theory]
    [InlineData("bpf")]
    [InlineData("host")]
    public void The_kernel_knows_the_types_and_lines_of_every_program(string mode)
    {
        corpus.Kernel.Require();
        var checkout = corpus.In(mode);
        foreach (var probe in corpus.Probes)
        {
            Assert.Contains(" FUNC '", corpus.Kernel.Types(checkout.ObjectOf(probe, "new")), StringComparison.Ordinal);
            if (corpus.Kernel.Dump(checkout.ObjectOf(probe, "new")) is not { } dump)
            {
                Assert.Contains(probe, (string[])[.. MayBeForbidden, .. NewerThanBpftool]);
                continue;
            }
            Assert.NotEmpty(dump.Programs);
            foreach (var (name, text) in dump.Programs)
            {
                Assert.Matches($@"^\w+ {name}\(", text);
                Assert.True(text.Contains("[file:", StringComparison.Ordinal), $"{probe}: {name} has no lines\n{text}");
                Assert.Contains($"FUNC '{name}' type_id=", dump.Types, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("bpf")]
    [InlineData("host")]
    public void Each_kernel_takes_every_program_that_is_not_for_a_newer_one(string mode)
    {
        corpus.Kernel.Require();
        var newer = File.ReadLines(Path.Combine(Repository.Fixtures, "corpus/kernels.txt")).Where(l => l[0] != '#')
            .Select(l => l.Split(' ')).ToDictionary(l => l[0], l => Version.Parse(l[1]));

        var check = corpus.In(mode).Run("check", "--boot", "5.10,6.1,6.12", "--json");

        // Some are for newer kernels.
        Assert.True(check.ExitCode == 1, check.ToString());
        var kernels = JsonDocument.Parse(check.Output).RootElement.GetProperty("kernels").EnumerateArray().ToList();
        Assert.Equal(3, kernels.Count);
        foreach (var kernel in kernels)
        {
            var name = kernel.GetProperty("kernel").GetString()!;
            var version = Version.Parse(string.Join('.', name.Split('-', '+')[0].Split('.')[..2]));
            var objects = kernel.GetProperty("objects").EnumerateArray().ToList();
            var rejected = objects.Where(o => !o.GetProperty("isAccepted").GetBoolean()).Select(o => o.GetProperty("name").GetString()!.Split('/')[0]);
            Assert.Equal(corpus.Probes.Count, objects.Count);
            Assert.Equal(newer.Where(n => n.Value > version).Select(n => n.Key).Order(StringComparer.Ordinal), rejected.Order(StringComparer.Ordinal));
            Assert.DoesNotContain(objects, o => o.GetProperty("findings").EnumerateArray().Any(f => f.GetProperty("id").GetString() == "BPFI2703"));
        }
    }

    /// <summary>A wrong optimization shows here. <c>BPFINCR_TEST_INPUTS</c> says on how many inputs.</summary>
    [Theory]
    [InlineData("bpf", "new")]
    [InlineData("bpf", "flat")]
    [InlineData("bpf", "old")]
    [InlineData("host", "new")]
    public void Each_function_gives_in_the_kernel_what_it_gives_natively(string mode, string variant)
    {
        corpus.Kernel.Require();
        var checkout = corpus.In(mode);
        using var directory = new TestDirectory();
        var random = new Random(Scale.Seed);
        var inputs = Enumerable.Range(0, Scale.Of("BPFINCR_TEST_INPUTS", 40)).Select(i => Input(random, i)).ToList();
        foreach (var (input, i) in inputs.Select((input, i) => (input, i)))
            File.WriteAllBytes(directory[$"{i}"], input);

        var native = corpus.Native(inputs);

        Assert.True(native[0].Count >= 30, $"{native[0].Count} functions");
        foreach (var function in native[0].Keys)
        {
            var returned = corpus.Kernel.Run(checkout.ObjectOf(function, variant), function, [.. inputs.Select((_, i) => directory[$"{i}"])]);
            for (var i = 0; i < inputs.Count; i++)
                Assert.True(
                    native[i][function] == returned[i],
                    $"{function}/{variant} of {Convert.ToHexStringLower(inputs[i])}: {native[i][function]} natively, {returned[i]} in the kernel");
        }
    }

    // Random bytes seldom meet a boundary: every third input has few different ones, every third has text.
    private static byte[] Input(Random random, int number)
    {
        var input = new byte[64];
        byte[] few = [0, 1, 2, 4, 127, 128, 255, (byte)random.Next(256)];
        for (var i = 0; i < input.Length; i++)
            input[i] = (number % 3) switch
            {
                0 => (byte)random.Next(256),
                1 => few[random.Next(few.Length)],
                _ => (byte)random.Next(32, 127),
            };
        return input;
    }
}

/// <summary>The corpus, built in each toolchain mode, and its functions on this machine.</summary>
public sealed class CorpusObjects : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Dictionary<string, Checkout> _checkouts = [];
    private string? _native;

    internal BpfFileSystem Kernel { get; } = new();

    /// <summary>The names of all programs.</summary>
    internal IReadOnlyList<string> Probes { get; } =
    [
        .. ((string[])["kinds", "language"])
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(Repository.Fixtures, "corpus", p, "src/bin")))
            .Select(f => Path.GetFileNameWithoutExtension(f)!),
    ];

    /// <inheritdoc/>
    public void Dispose()
    {
        Kernel.Dispose();
        _directory.Dispose();
    }

    /// <summary>A built checkout.</summary>
    internal Checkout In(string mode) => _checkouts.TryGetValue(mode, out var built) ? built : _checkouts[mode] = Build(mode);

    /// <summary>What each function gives natively, for each input.</summary>
    internal List<Dictionary<string, uint>> Native(IEnumerable<byte[]> inputs)
    {
        var corpus = In("bpf");
        if (_native is null)
        {
            Tool.Do("/usr/bin/cargo", "build", "--release", "--offline", "-q", "-p", "native", "--manifest-path", corpus["Cargo.toml"], "--target-dir", _directory["native"]);
            _native = _directory["native/release/native"];
        }
        File.WriteAllLines(_directory["inputs"], inputs.Select(Convert.ToHexStringLower));
        var output = Tool.Run("sh", "/", ["-c", $"{_native} < {_directory["inputs"]}"]);
        Assert.True(output.ExitCode == 0, output.ToString());
        return [.. output.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ').Select(w => w.Split('='))
            .ToDictionary(w => w[0], w => uint.Parse(w[1], CultureInfo.InvariantCulture)))];
    }

    private Checkout Build(string mode)
    {
        var checkout = new Checkout(_directory[mode], _directory["cache"]);
        Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, "corpus"), checkout.Directory);
        Tool.Do("rm", "-rf", checkout["target"]);
        checkout.Replace("bpfincr.json", "\"packages\"", $"\"toolchain\": {{ \"mode\": \"{mode}\" }}, \"packages\"");
        checkout.Build().Succeeded();
        return checkout;
    }
}
