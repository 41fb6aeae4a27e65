using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary><c>bpfincr check</c>: what kernels say of objects.</summary>
[Collection(KernelObjects.Collection)]
public sealed class CheckTests(KernelObjects objects)
{
    [Fact]
    public void The_running_kernel_takes_every_fixture_and_is_not_asked_twice()
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In("bpf");
        var probes = ProbesOf(checkout);

        var first = checkout.Run(["check", .. probes]);
        var second = checkout.Run(["check", .. probes]);

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal("", first.Errors);
        Assert.Matches($@": {2 * probes.Count} objects accepted; \d+ tried, ", first.Output);
        Assert.Matches($@": {2 * probes.Count} objects accepted; 0 tried, {2 * probes.Count} known", second.Output);
    }

    [Fact]
    public void A_rejected_program_is_shown_with_its_line_and_the_end_of_the_log()
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In("bpf");
        var settings = File.ReadAllText(checkout["bpfincr.json"]);
        checkout.Replace("bpfincr.json", "\"probes\": {", "\"probes\": { \"oob-index\": { \"panic\": \"keep\" },");

        var check = checkout.Run("check", "oob-index", "--variant", "modern");
        checkout.Write("bpfincr.json", settings);
        var mended = checkout.Run("check", "oob-index", "--variant", "modern");

        Assert.Equal((1, 0), (check.ExitCode, mended.ExitCode));
        var line = Array.FindIndex(File.ReadAllLines(checkout["fixtures/monorepo/probe-kit/src/panic.rs"]), l => l.Contains("loop", StringComparison.Ordinal)) + 1;
        Assert.StartsWith("rejected oob-index/modern\n", check.Output, StringComparison.Ordinal);
        Assert.Contains("error BPFI2701: oob-index/modern: the kernel rejects program verdict_of_queue: last insn is not an exit or jmp\n", check.Errors, StringComparison.Ordinal);
        Assert.Contains($"  at   probe-kit/src/panic.rs:{line}, in core::panicking::panic", check.Errors, StringComparison.Ordinal);
        Assert.Contains("help A panic or an endless loop is left", check.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_probe_that_cannot_be_built_does_not_keep_others_from_the_kernel()
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In("bpf");
        const string Source = "fixtures/monorepo/probes/oob-index/src/main.rs";
        var before = File.ReadAllText(checkout[Source]);
        File.AppendAllText(checkout[Source], "\nfn broken() -> u32 { \"\" }\n");

        var stopped = checkout.Run("check", "oob-index", "pass", "--variant", "modern");
        var check = checkout.Run("check", "oob-index", "pass", "--variant", "modern", "--keep-going");
        var json = checkout.Run("check", "oob-index", "pass", "--variant", "modern", "-k", "--json");
        checkout.Write(Source, before);

        Assert.Equal((1, 1, 1), (stopped.ExitCode, check.ExitCode, json.ExitCode));
        Assert.DoesNotContain("accepted", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("mismatched types", check.Errors, StringComparison.Ordinal);
        Assert.Contains("\ncould not be built, and not loaded: oob-index/modern\n", check.Output, StringComparison.Ordinal);
        Assert.Contains(": 1 object accepted; ", check.Output, StringComparison.Ordinal);
        var said = JsonDocument.Parse(json.Output).RootElement;
        Assert.False(said.GetProperty("isAccepted").GetBoolean());
        Assert.Equal("oob-index/modern", Assert.Single(said.GetProperty("notBuilt").EnumerateArray()).GetString());
        var kernel = Assert.Single(said.GetProperty("kernels").EnumerateArray());
        Assert.Equal("pass/modern", Assert.Single(kernel.GetProperty("objects").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public void The_end_of_a_log_shows_the_lines_of_Rust()
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In("bpf");
        const string Source = "fixtures/monorepo/probes/oob-index/src/main.rs";
        var before = File.ReadAllText(checkout[Source]);
        checkout.Replace(Source, "verdicts[context.rx_queue_index() as usize]", "unsafe { *verdicts.get_unchecked(context.rx_queue_index() as usize) }");

        var check = checkout.Run("check", "oob-index", "--variant", "modern");
        checkout.Write(Source, before);

        var line = Array.FindIndex(File.ReadAllLines(checkout[Source]), l => l.Contains("verdicts[", StringComparison.Ordinal)) + 1;
        Assert.Equal(1, check.ExitCode);
        Assert.Contains($"\n  | ; probes/oob-index/src/main.rs:{line}\n", check.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_program_that_is_rejected_is_named_when_all_have_the_same_code_inlined()
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In("bpf");
        const string Source = "fixtures/monorepo/probes/oob-index/src/main.rs";
        var before = File.ReadAllText(checkout[Source]);
        checkout.Replace(Source, "#[program(\"xdp\")]\nfn verdict_of_queue", "#[inline(always)]\nfn verdict_of_queue");
        checkout.Replace(Source, "verdicts[context.rx_queue_index() as usize]", "unsafe { *verdicts.get_unchecked(context.rx_queue_index() as usize) }");
        string[] programs = ["first", "second", "third"];
        foreach (var program in programs)
            File.AppendAllText(checkout[Source], $"\n#[program(\"xdp\")]\nfn {program}(context: Xdp) -> XdpAction {{ verdict_of_queue(context) }}\n");

        var check = checkout.Run("check", "oob-index", "--variant", "modern");
        var json = checkout.Run("check", "oob-index", "--variant", "modern", "--json");
        checkout.Write(Source, before);

        Assert.Equal((1, 1), (check.ExitCode, json.ExitCode));
        Assert.All(programs, p => Assert.Contains($"error BPFI2701: oob-index/modern: the kernel rejects program {p}: ", check.Errors, StringComparison.Ordinal));
        Assert.Equal(programs.Length, JsonDocument.Parse(json.Output).RootElement.GetProperty("kernels")[0].GetProperty("objects")[0].GetProperty("findings").GetArrayLength());
    }

    [Fact]
    public void Older_kernels_are_booted_and_take_every_fixture()
    {
        objects.Kernel.Require();
        objects.Boot();
        var checkout = objects.Fixtures.In("bpf");
        using var directory = new TestDirectory();
        string[] call = ["check", .. ProbesOf(checkout), "--boot", KernelObjects.Kernels];

        var words = checkout.Run(call);
        Tool.Do("strace", ["-f", "-e", "trace=execve", "-o", directory["calls"], Repository.Program, .. checkout.Arguments(call)]);
        var json = JsonDocument.Parse(checkout.Run([.. call, "--json"]).Output).RootElement;

        Assert.True(words.ExitCode == 0, words.ToString());
        Assert.Equal("", words.Errors);
        Assert.DoesNotContain("qemu", File.ReadAllText(directory["calls"]), StringComparison.Ordinal);
        var kernels = json.GetProperty("kernels").EnumerateArray().ToList();
        var versions = KernelObjects.Kernels.Split(',').Where(k => k != "newest").ToList();
        Assert.Equal(versions, kernels.Take(versions.Count).Select(VersionOf));
        Assert.All(kernels, k => Assert.All(k.GetProperty("objects").EnumerateArray(), AssertKnown));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no object at all")]
    [InlineData("cut")]
    [InlineData("mixed up")]
    public void What_is_no_object_is_rejected_without_a_crash(string content)
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In("bpf");
        var sound = File.ReadAllBytes(checkout.ObjectOf("pass"));
        var bytes = content switch
        {
            "cut" => sound[..(sound.Length / 2)],
            "mixed up" => [.. sound.Select((b, i) => i > 64 && i % 7 == 0 ? (byte)(b ^ 0x55) : b)],
            _ => System.Text.Encoding.UTF8.GetBytes(content),
        };
        File.WriteAllBytes(checkout["hostile.o"], bytes);

        var check = checkout.Run("check", checkout["hostile.o"], checkout.ObjectOf("pass"), "--verbose");

        Assert.Equal(1, check.ExitCode);
        Assert.Contains("error BPFI27", check.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("BUG", check.Errors, StringComparison.Ordinal);
        Assert.Contains($"accepted {checkout.ObjectOf("pass")}", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_asked_for_is_said()
    {
        var checkout = objects.Fixtures.In("bpf");

        Assert.Contains("there is no probe nowhere", checkout.Run("check", "nowhere").Errors, StringComparison.Ordinal);
        Assert.Contains("error BPFI1062: nowhere.o is no file", checkout.Run("check", "nowhere.o").Errors, StringComparison.Ordinal);
        var kernel = checkout.Run("check", "--boot", "4.14");
        Assert.Equal(2, kernel.ExitCode);
        Assert.Contains("no kernel 4.14 can be booted; there are 5.10, 6.1, 6.12, newest", kernel.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_regular_file_or_too_large_is_not_read()
    {
        var checkout = objects.Fixtures.In("bpf");
        Tool.Do("mkfifo", checkout["pipe"]);
        File.CreateSymbolicLink(checkout["loop"], checkout["loop"]);
        using (var large = File.Create(checkout["large.o"]))
            large.SetLength((64 << 20) + 1);

        foreach (var (subject, message) in new[] { (checkout["pipe"], "is no file"), ("/dev/zero", "is no file"), (checkout["loop"], "is no file"), (checkout["fixtures"], "is no file"), (checkout["large.o"], "is larger than 64 MiB") })
        {
            var check = checkout.Run("check", subject);
            Assert.Equal(2, check.ExitCode);
            Assert.Contains($"error BPFI1062: {subject} {message}", check.Errors, StringComparison.Ordinal);
        }
    }

    private static string VersionOf(JsonElement kernel) =>
        string.Join('.', kernel.GetProperty("kernel").GetString()!.Split('.')[..2]);

    private static void AssertKnown(JsonElement one) =>
        Assert.True(one.GetProperty("isKnown").GetBoolean() && one.GetProperty("programs").GetInt32() > 0, one.ToString());

    private static List<string> ProbesOf(Checkout checkout) =>
        [.. Directory.EnumerateFiles(checkout["target/bpf/modern"], "*.o").Select(f => Path.GetFileNameWithoutExtension(f)!)];
}
