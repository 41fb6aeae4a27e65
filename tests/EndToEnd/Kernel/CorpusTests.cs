using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>The programs in <c>fixtures/corpus</c>: every kind that kernels have, and what is hard about Rust.</summary>
[Collection(KernelObjects.Collection)]
public sealed class CorpusTests(KernelObjects objects)
{
    // bpftool is slow. A quick run shows it one program of so many; the verdicts of check are about all of them.
    private static readonly int Every = Amounts.Level == TestLevel.Quick ? 8 : 1;

    private readonly CorpusObjects corpus = objects.Corpus;

    // The programs that some sandboxes refuse with EPERM and no log. The kernels that the tests boot accept them.
    private static readonly string[] MayBeForbidden =
        ["fentry", "fexit", "fmod_ret", "iter_map", "lsm", "sleepable", "task_storage"];

    // Debian 12's bpftool does not know their sections; check does.
    private static readonly string[] NewerThanBpftool = ["netfilter", "netkit", "tcx"];

    /// <summary>The toolchain modes.</summary>
    public static TheoryData<string> Modes => [.. CorpusObjects.Modes];

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
        objects.Kernel.Require();
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
        objects.Kernel.Require();
        var checkout = corpus.In(mode);
        foreach (var probe in corpus.Probes.Where((_, i) => i % Every == 0))
        {
            if (objects.Kernel.Dump(checkout.ObjectOf(probe, "new")) is not { } dump)
            {
                var types = objects.Kernel.Types(checkout.ObjectOf(probe, "new"));
                Assert.Contains(" FUNC '", types, StringComparison.Ordinal);
                Assert.Contains(probe, (string[])[.. MayBeForbidden, .. NewerThanBpftool]);
                continue;
            }
            AssertIntact(probe, dump, objects.Kernel.Types(checkout.ObjectOf(probe, "new")));
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
    [MemberData(nameof(Modes))]
    public void Each_kernel_takes_every_program_that_is_not_for_a_newer_one_with_its_types_and_lines(string mode)
    {
        objects.Kernel.Require();
        objects.Boot();

        var check = corpus.In(mode).Run("check", "--boot", KernelObjects.Kernels, "--json");

        // Some are for newer kernels.
        Assert.True(check.ExitCode == 1, check.ToString());
        var kernels = JsonDocument.Parse(check.Output).RootElement.GetProperty("kernels").EnumerateArray().ToList();
        Assert.Equal(KernelObjects.Kernels.Split(',').Length, kernels.Count);
        foreach (var kernel in kernels)
        {
            var name = kernel.GetProperty("kernel").GetString()!;
            var version = Version.Parse(string.Join('.', name.Split('-', '+')[0].Split('.')[..2]));
            var verdicts = kernel.GetProperty("objects").EnumerateArray().ToList();
            Assert.All(
                verdicts, v => Assert.True(v.GetProperty("isKnown").GetBoolean(), $"{name} was booted again for {v}"));
            var rejected = verdicts.Where(o => !o.GetProperty("isAccepted").GetBoolean())
                .Select(o => o.GetProperty("name").GetString()!.Split('/')[0]);
            Assert.Equal(corpus.Probes.Count, verdicts.Count);
            Assert.Equal(CorpusObjects.NewerThan(version), rejected.Order(StringComparer.Ordinal));
            Assert.DoesNotContain(verdicts, o => o.GetProperty("findings").EnumerateArray().Any(f => f.GetProperty("id").GetString() == "BPFI2703"));
            Assert.All(verdicts.Where(o => o.GetProperty("isAccepted").GetBoolean()), AssertWhole);
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void Each_kernel_shows_bpftool_the_types_and_lines_of_every_program(string mode, string kernel, string variant)
    {
        objects.Kernel.Require();
        var checkout = corpus.In(mode);
        var files = corpus.Probes.Except([.. CorpusObjects.NewerThan(Version.Parse(kernel)), .. NewerThanBpftool])
            .Where((_, i) => i % Every == 0)
            .ToDictionary(p => p, p => checkout.ObjectOf(p, variant), StringComparer.Ordinal);

        var dumps = BpftoolMachine.Dump(corpus.Image(kernel), files);

        Assert.Equal("", string.Join('\n', dumps.Where(d => d.Value is null).Select(d => d.Key)));
        foreach (var (probe, dump) in dumps)
            AssertIntact(probe, dump!, objects.Kernel.Types(files[probe]));
    }

    // Whatever is made for an older kernel loads into a newer one.
    [Fact]
    public void What_is_made_for_kernels_that_cannot_be_booted_is_taken_by_the_next_one_that_can()
    {
        objects.Kernel.Require();
        var checkout = corpus.Unbootable;
        foreach (var kernel in CorpusObjects.UnbootableKernels)
        {
            var refused = corpus.Probes.Where(p => !File.Exists(checkout.ObjectOf(p, kernel)));
            Assert.Equal(kernel.StartsWith('4') ? CorpusObjects.NeedsVersion5 : [], refused.Order(StringComparer.Ordinal));
        }

        objects.Boot();

        var files = corpus.ObjectsForOlder();
        var check = checkout.Run(["check", "--boot", CorpusObjects.Oldest, "--json", .. files]);

        var kernels = JsonDocument.Parse(check.Output).RootElement.GetProperty("kernels").EnumerateArray();
        var verdicts = Assert.Single(kernels).GetProperty("objects").EnumerateArray().ToList();
        Assert.Equal(files.Count, verdicts.Count);
        var rejected = verdicts.Where(o => !o.GetProperty("isAccepted").GetBoolean()).Select(o => Path.GetFileNameWithoutExtension(o.GetProperty("path").GetString()!));
        Assert.Equal(CorpusObjects.NewerThan(Version.Parse(CorpusObjects.Oldest)), rejected.Distinct().Order(StringComparer.Ordinal));
        Assert.All(verdicts.Where(o => o.GetProperty("isAccepted").GetBoolean()), AssertWhole);
    }

    /// <summary>A wrong optimization shows here. <c>BPFINCR_TEST_INPUTS</c> says on how many inputs.</summary>
    [Theory]
    [MemberData(nameof(Variants))]
    public void Each_function_gives_in_the_kernel_what_it_gives_natively(string mode, string variant)
    {
        objects.Kernel.Require();
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
            var returned = objects.Kernel.Run(
                checkout.ObjectOf(function, variant), function, [.. inputs.Select((_, i) => directory[$"{i}"])]);
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
