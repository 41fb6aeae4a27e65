using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Kernel;

/// <summary>The objects of every fixture probe, as this repository's own <c>bpfincr.json</c> makes them, in each toolchain mode.</summary>
/// <param name="directory">Where they are built.</param>
/// <param name="cache">The cache of all objects.</param>
internal sealed class FixtureObjects(string directory, string cache)
{
    private readonly Dictionary<string, Checkout> _checkouts = [];

    /// <summary>A built checkout, whatever the test before has left there.</summary>
    public Checkout In(string mode)
    {
        var checkout = _checkouts.TryGetValue(mode, out var known) ? known : _checkouts[mode] = Prepare(mode);
        checkout.Build().Succeeded();
        return checkout;
    }

    private Checkout Prepare(string mode)
    {
        var checkout = new Checkout(Path.Combine(directory, mode), cache);
        Tool.Do("mkdir", "-p", checkout.Directory);
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
