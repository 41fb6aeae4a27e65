using System.Globalization;
using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>The programs in <c>fixtures/corpus</c>: every kind that kernels have, and what is hard about Rust.</summary>
public sealed class CorpusTests(CorpusObjects corpus) : IClassFixture<CorpusObjects>
{
    // All of these run at the beginning or the end of a kernel's function. Some sandboxes refuse them with EPERM and no log.
    private static readonly string[] MayBeForbidden = ["fentry", "fexit", "fmod_ret", "lsm", "sleepable", "task_storage"];

    // Debian 12's bpftool does not know their sections; check does.
    private static readonly string[] NewerThanBpftool = ["netfilter", "netkit", "tcx"];

    /// <summary>The toolchain modes.</summary>
    public static TheoryData<string> Modes => [.. Amounts.Rows("bpf", "host")];

    /// <summary>The toolchain modes, and the kernels that are booted for each. The oldest one takes the least.</summary>
    public static TheoryData<string, string> Boots => Pairs(Amounts.Level == TestLevel.Quick ? [("bpf", "5.10")] : [("bpf", "5.10,6.1,6.12,newest"), ("host", "5.10,6.1,6.12")]);

    /// <summary>The variants that are run, with the mode in which they are built.</summary>
    public static TheoryData<string, string> Variants => Pairs(Amounts.Rows(
        ("bpf", "new"), ("bpf", "flat"), ("bpf", "old"), ("bpf", "4.15"), ("bpf", "5.4"), ("host", "new"), ("host", "old")));

    /// <summary>The machines with bpftool: mode, kernel, and the variant that is for it.</summary>
    public static TheoryData<string, string, string> Machines => [.. Amounts.Rows(
        ("bpf", "6.1", "lts"), ("bpf", "5.10", "old"), ("bpf", "6.12", "new"), ("host", "5.10", "old"), ("host", "6.1", "lts"), ("host", "6.12", "new"))];

    [Theory]
    [MemberData(nameof(Modes))]
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
            if (MayBeForbidden.Contains(probe) && findings.Count > 0 && findings.All(f => f.EndsWith("Operation not permitted", StringComparison.Ordinal)))
                continue;
            Assert.True(findings.Count == 0, $"{probe}: {string.Join('\n', findings)}");
            AssertWhole(one);
        }
    }

    private static TheoryData<string, string> Pairs(IEnumerable<(string, string)> rows) => [.. rows];

    // What a kernel that is booted has kept is seen by this only.
    private static void AssertWhole(JsonElement one)
    {
        var programs = one.GetProperty("programs").GetInt32();
        Assert.True(programs > 0 && one.GetProperty("functions").GetInt32() >= programs && one.GetProperty("lines").GetInt32() >= programs, one.ToString());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void The_kernel_knows_the_types_and_lines_of_every_program(string mode)
    {
        corpus.Kernel.Require();
        var checkout = corpus.In(mode);
        foreach (var probe in corpus.Probes)
        {
            if (corpus.Kernel.Dump(checkout.ObjectOf(probe, "new")) is not { } dump)
            {
                Assert.Contains(" FUNC '", corpus.Kernel.Types(checkout.ObjectOf(probe, "new")), StringComparison.Ordinal);
                Assert.Contains(probe, (string[])[.. MayBeForbidden, .. NewerThanBpftool]);
                continue;
            }
            AssertIntact(probe, dump, corpus.Kernel.Types(checkout.ObjectOf(probe, "new")));
        }
    }

    // The kernel may have types in other kinds, as libbpf writes for it what it does not know; they keep their numbers.
    private static void AssertIntact(string probe, KernelDump dump, string types)
    {
        Assert.NotEmpty(dump.Lines);
        foreach (var (name, text) in dump.Lines)
        {
            Assert.Matches($@"^\w+ {name}\(", text);
            Assert.True(text.Contains("[file:", StringComparison.Ordinal), $"{probe}: {name} has no lines\n{text}");
            Assert.Contains($"FUNC '{name}' type_id=", dump.Types[name], StringComparison.Ordinal);
            Assert.Equal(types.Split("\n[").Length, dump.Types[name].Split("\n[").Length);
        }
    }

    [Theory]
    [MemberData(nameof(Boots))]
    public void Each_kernel_takes_every_program_that_is_not_for_a_newer_one_with_its_types_and_lines(string mode, string boot)
    {
        corpus.Kernel.Require();

        var check = corpus.In(mode).Run("check", "--boot", boot, "--json");

        // Some are for newer kernels.
        Assert.True(check.ExitCode == 1, check.ToString());
        var kernels = JsonDocument.Parse(check.Output).RootElement.GetProperty("kernels").EnumerateArray().ToList();
        Assert.Equal(boot.Split(',').Length, kernels.Count);
        foreach (var kernel in kernels)
        {
            var name = kernel.GetProperty("kernel").GetString()!;
            var version = Version.Parse(string.Join('.', name.Split('-', '+')[0].Split('.')[..2]));
            var objects = kernel.GetProperty("objects").EnumerateArray().ToList();
            var rejected = objects.Where(o => !o.GetProperty("isAccepted").GetBoolean()).Select(o => o.GetProperty("name").GetString()!.Split('/')[0]);
            Assert.Equal(corpus.Probes.Count, objects.Count);
            Assert.Equal(CorpusObjects.NewerThan(version), rejected.Order(StringComparer.Ordinal));
            Assert.DoesNotContain(objects, o => o.GetProperty("findings").EnumerateArray().Any(f => f.GetProperty("id").GetString() == "BPFI2703"));
            Assert.All(objects.Where(o => o.GetProperty("isAccepted").GetBoolean()), AssertWhole);
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void Each_kernel_shows_bpftool_the_types_and_lines_of_every_program(string mode, string kernel, string variant)
    {
        corpus.Kernel.Require();
        var checkout = corpus.In(mode);
        var objects = corpus.Probes.Except([.. CorpusObjects.NewerThan(Version.Parse(kernel)), .. NewerThanBpftool])
            .ToDictionary(p => p, p => checkout.ObjectOf(p, variant), StringComparer.Ordinal);

        var dumps = BpftoolMachine.Dump(corpus.Image(kernel), objects);

        Assert.Equal("", string.Join('\n', dumps.Where(d => d.Value is null).Select(d => d.Key)));
        foreach (var (probe, dump) in dumps)
            AssertIntact(probe, dump!, corpus.Kernel.Types(objects[probe]));
    }

    // Whatever is made for an older kernel loads into a newer one.
    [Fact]
    public void What_is_made_for_kernels_that_cannot_be_booted_is_taken_by_the_next_one_that_can()
    {
        corpus.Kernel.Require();
        var checkout = corpus.Unbootable;
        foreach (var kernel in CorpusObjects.UnbootableKernels)
        {
            var refused = corpus.Probes.Where(p => !File.Exists(checkout.ObjectOf(p, kernel)));
            Assert.Equal(kernel.StartsWith('4') ? CorpusObjects.NeedsVersion5 : [], refused.Order(StringComparer.Ordinal));
        }

        var objects = CorpusObjects.UnbootableKernels.Where(k => Version.Parse(k) < new Version(5, 10))
            .SelectMany(k => corpus.Probes.Select(p => checkout.ObjectOf(p, k))).Where(File.Exists).ToList();
        var check = checkout.Run(["check", "--boot", "5.10", "--json", .. objects]);

        var verdicts = Assert.Single(JsonDocument.Parse(check.Output).RootElement.GetProperty("kernels").EnumerateArray()).GetProperty("objects").EnumerateArray().ToList();
        Assert.Equal(objects.Count, verdicts.Count);
        var rejected = verdicts.Where(o => !o.GetProperty("isAccepted").GetBoolean()).Select(o => Path.GetFileNameWithoutExtension(o.GetProperty("path").GetString()!));
        Assert.Equal(CorpusObjects.NewerThan(new Version(5, 10)), rejected.Distinct().Order(StringComparer.Ordinal));
        Assert.All(verdicts.Where(o => o.GetProperty("isAccepted").GetBoolean()), AssertWhole);
    }

    /// <summary>A wrong optimization shows here. <c>BPFINCR_TEST_INPUTS</c> says on how many inputs.</summary>
    [Theory]
    [MemberData(nameof(Variants))]
    public void Each_function_gives_in_the_kernel_what_it_gives_natively(string mode, string variant)
    {
        corpus.Kernel.Require();
        var checkout = CorpusObjects.UnbootableKernels.Contains(variant) ? corpus.Unbootable : corpus.In(mode);
        using var directory = new TestDirectory();
        var random = new Random(Amounts.Seed);
        var inputs = Enumerable.Range(0, Amounts.Of("BPFINCR_TEST_INPUTS")).Select(i => Input(random, i)).ToList();
        foreach (var (input, i) in inputs.Select((input, i) => (input, i)))
            File.WriteAllBytes(directory[$"{i}"], input);

        var native = corpus.Native(inputs);

        Assert.True(native[0].Count >= 30, $"{native[0].Count} functions");
        foreach (var function in native[0].Keys.Where(f => !variant.StartsWith('4') || !CorpusObjects.NeedsVersion5.Contains(f)))
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
public sealed class CorpusObjects(KernelTestCache cache) : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Dictionary<string, Checkout> _checkouts = [];
    private string? _native;
    private Checkout? _unbootable;

    internal BpfFileSystem Kernel { get; } = new();

    /// <summary>The names of all programs.</summary>
    internal IReadOnlyList<string> Probes { get; } =
    [
        .. ((string[])["kinds", "language"])
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(Repository.Fixtures, "corpus", p, "src/bin")))
            .Select(f => Path.GetFileNameWithoutExtension(f)!),
    ];

    /// <summary>The kernels that there are profiles for, and that no machine of the tests runs.</summary>
    internal static IReadOnlyList<string> UnbootableKernels { get; } = ["4.15", "4.19", "5.4", "5.15", "6.6"];

    /// <summary>The programs that have variables of their own, or a loop that is not unrolled, as kernels before 5.3 do not.</summary>
    internal static IReadOnlyList<string> NeedsVersion5 { get; } = ["globals", "lengths", "loops", "moves", "partial", "types"];

    /// <summary>A checkout that is built for those kernels.</summary>
    internal Checkout Unbootable => _unbootable ??= BuildUnbootable();

    /// <inheritdoc/>
    public void Dispose()
    {
        Kernel.Dispose();
        _directory.Dispose();
    }

    /// <summary>A built checkout.</summary>
    internal Checkout In(string mode) => _checkouts.TryGetValue(mode, out var built) ? built : _checkouts[mode] = Build(mode);

    /// <summary>The file of a kernel that <c>check</c> boots.</summary>
    internal string Image(string kernel)
    {
        var checkout = In("bpf");
        checkout.Run("check", Probes[0], "--boot", kernel);
        return Directory.EnumerateFiles(Path.Combine(checkout.Cache, "kernels", kernel), "vmlinuz-*").Single();
    }

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

    /// <summary>The names of the programs that need a newer kernel, in order.</summary>
    internal static IEnumerable<string> NewerThan(Version kernel) => File.ReadLines(Path.Combine(Repository.Fixtures, "corpus/kernels.txt")).Where(l => l[0] != '#')
        .Select(l => l.Split(' ')).Where(l => Version.Parse(l[1]) > kernel).Select(l => l[0]).Order(StringComparer.Ordinal);

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
        var checkout = new Checkout(_directory[name], cache.Path);
        Tool.Do("cp", "-r", Path.Combine(Repository.Fixtures, "corpus"), checkout.Directory);
        Tool.Do("rm", "-rf", checkout["target"]);
        return checkout;
    }
}
