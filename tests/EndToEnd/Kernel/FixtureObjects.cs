using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>The objects of every fixture probe, as this repository's own <c>bpfincr.json</c> makes them, in each toolchain mode.</summary>
public sealed class FixtureObjects(KernelTestCache cache) : IDisposable
{
    /// <summary>The tests that share them.</summary>
    public const string Collection = "fixture objects";

    private readonly TestDirectory _directory = new();
    private readonly Dictionary<string, Checkout> _checkouts = [];

    internal BpfFileSystem Kernel { get; } = new();

    /// <summary>A built checkout, whatever the test before has left there.</summary>
    internal Checkout In(string mode)
    {
        var checkout = _checkouts.TryGetValue(mode, out var known) ? known : _checkouts[mode] = Prepare(mode);
        checkout.Build().Succeeded();
        return checkout;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kernel.Dispose();
        _directory.Dispose();
    }

    private Checkout Prepare(string mode)
    {
        var checkout = new Checkout(_directory[mode], cache.Path);
        Tool.Do("mkdir", checkout.Directory);
        Tool.Do("cp", "-r", Repository.Fixtures, Path.Combine(Repository.Root, "bpfincr.json"), checkout.Directory);
        // The bins behind features belong to "every fixture" too.
        checkout.Replace("bpfincr.json", "\"workspaces\"", $$"""
            "toolchain": { "mode": "{{mode}}" },
            "probes": { "ringbuf-exec-args": { "features": ["args"] }, "legacy-maps": { "features": ["maps"] } },
            "workspaces"
            """);
        return checkout;
    }
}

[CollectionDefinition(FixtureObjects.Collection)]
public sealed class FixtureObjectsSharing : ICollectionFixture<FixtureObjects>;
