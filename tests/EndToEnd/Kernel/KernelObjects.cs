using System.Text.Json;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>
/// All that tests load into kernels, with one cache. A machine is emulated and takes its time to boot, so each kernel is
/// booted once, for every object that any test asks it about; what it said is in the cache then.
/// </summary>
public sealed class KernelObjects : IDisposable
{
    /// <summary>The tests that share them.</summary>
    public const string Collection = "kernel objects";

    // The variants of the corpus that check takes for each kernel.
    private static readonly (string Kernel, string Variant)[] Machines =
        [.. Amounts.Rows(("5.10", "old"), ("6.1", "lts"), ("6.12", "new"), ("newest", "flat"))];

    private readonly TestDirectory _directory = new();
    private bool _booted;

    /// <summary>Nothing is built yet.</summary>
    public KernelObjects()
    {
        Fixtures = new FixtureObjects(_directory["fixtures"], _directory["cache"]);
        Corpus = new CorpusObjects(_directory["corpus"], _directory["cache"]);
    }

    /// <summary>The kernels that are booted, oldest first.</summary>
    internal static string Kernels => string.Join(',', Machines.Select(m => m.Kernel));

    internal BpfFileSystem Kernel { get; } = new();

    internal FixtureObjects Fixtures { get; }

    internal CorpusObjects Corpus { get; }

    /// <summary>Boots each kernel, unless a test before has done so.</summary>
    internal void Boot()
    {
        if (_booted)
            return;
        foreach (var (kernel, variant) in Machines)
            Ask(kernel, [.. ObjectsFor(kernel, variant).Where(File.Exists)]);
        _booted = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kernel.Dispose();
        _directory.Dispose();
    }

    private IEnumerable<string> ObjectsFor(string kernel, string variant)
    {
        foreach (var mode in CorpusObjects.Modes)
            foreach (var probe in Corpus.Probes)
                yield return Corpus.In(mode).ObjectOf(probe, variant);
        var fixtures = Fixtures.In("bpf")["target/bpf"];
        foreach (var path in Directory.EnumerateFiles(fixtures, "*.o", SearchOption.AllDirectories))
            yield return path;
        foreach (var path in kernel == CorpusObjects.Oldest ? Corpus.ObjectsForOlder() : [])
            yield return path;
    }

    private void Ask(string kernel, IReadOnlyList<string> objects)
    {
        var check = Corpus.In("bpf").Run(["check", "--boot", kernel, "--json", .. objects]);
        Assert.True(check.Output.StartsWith('{'), check.ToString());
        var said = Assert.Single(JsonDocument.Parse(check.Output).RootElement.GetProperty("kernels").EnumerateArray());
        Assert.Equal(objects.Count, said.GetProperty("objects").GetArrayLength());
    }
}

/// <summary>Shares one <see cref="KernelObjects"/> among the classes that name it.</summary>
[CollectionDefinition(KernelObjects.Collection)]
public sealed class KernelObjectsSharing : ICollectionFixture<KernelObjects>;
