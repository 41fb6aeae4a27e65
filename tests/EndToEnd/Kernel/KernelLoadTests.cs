namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>What is built is worth nothing unless a kernel takes it.</summary>
[Collection(KernelObjects.Collection)]
public sealed class KernelLoadTests(KernelObjects objects)
{
    // Maps as loaders before libbpf 1.0 knew them, which bpftool does not: check does.
    private const string NeedsOldLoader = "legacy-maps";

    // Old section names do not tell libbpf the type.
    private static readonly Dictionary<string, string[]> Options = new() { ["legacy-sections"] = ["type", "socket"] };

    [Theory]
    [InlineData("bpf", "legacy")]
    [InlineData("bpf", "modern")]
    [InlineData("host", "legacy")]
    [InlineData("host", "modern")]
    public void Every_fixture_object_loads_into_the_running_kernel(string mode, string variant)
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In(mode);
        var probes = Directory.EnumerateFiles(checkout[$"target/bpf/{variant}"], "*.o").Select(Path.GetFileNameWithoutExtension).ToList();
        Assert.Equal(21, probes.Count);

        var complaints = probes.Order(StringComparer.Ordinal)
            .Where(p => p != NeedsOldLoader)
            .Select(p => objects.Kernel.Load(checkout.ObjectOf(p!, variant), Options.GetValueOrDefault(p!, [])))
            .OfType<string>().ToList();

        // What xunit shows of two strings ends before the kernel's words.
        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("modern")]
    public void An_index_out_of_bounds_loads_only_because_its_panic_became_an_exit(string variant)
    {
        objects.Kernel.Require();
        var checkout = objects.Fixtures.In("bpf");
        Assert.Null(objects.Kernel.Load(checkout.ObjectOf("oob-index", variant)));
        var settings = File.ReadAllText(checkout["bpfincr.json"]);
        checkout.Replace("bpfincr.json", "\"probes\": {", "\"probes\": { \"oob-index\": { \"panic\": \"keep\" },");

        checkout.Build("oob-index").Succeeded();
        var complaint = objects.Kernel.Load(checkout.ObjectOf("oob-index", variant));
        checkout.Write("bpfincr.json", settings);
        checkout.Build("oob-index").Succeeded();

        Assert.NotNull(complaint);
        Assert.Null(objects.Kernel.Load(checkout.ObjectOf("oob-index", variant)));
    }
}
