namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>
/// A checkout with six probes that was built once. Each test gets it anew in that state, at the same place, because
/// paths are what cargo and the index remember: what one test does, no other sees.
/// </summary>
public sealed class WarmCheckout : IDisposable
{
    /// <summary>Tests of this collection take turns.</summary>
    public const string Collection = "warm checkout";

    private static readonly string[] Probes = ["perf-unlink", "tc-mark", "xdp-hash", "xdp-parse", "xdp-ports", "xdp-sample"];

    private readonly TestDirectory _directory = new();

    /// <summary>The checkout as it was after its first build; a build of it has nothing to do.</summary>
    internal Checkout Restore()
    {
        var checkout = new Checkout(_directory["live/work"], _directory["live/cache"]);
        if (Directory.Exists(_directory["saved"]))
        {
            Directory.Delete(_directory["live"], recursive: true);
            Tool.Do("cp", "-a", _directory["saved"], _directory["live"]);
        }
        else
        {
            checkout.AddMonorepo(Probes);
            checkout.Configure($"\"workspaces\": [\"monorepo\"],\n{Checkout.Variants}");
            checkout.Build().Succeeded();
            Tool.Do("cp", "-a", _directory["live"], _directory["saved"]);
        }
        Assert.Equal("", checkout.Build().Succeeded().Reruns);
        return checkout;
    }

    /// <summary>A place for a further checkout.</summary>
    internal string Beside(string name) => _directory[name];

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}

/// <summary>Shares one <see cref="WarmCheckout"/> among the classes that name it.</summary>
[CollectionDefinition(WarmCheckout.Collection)]
public sealed class WarmCheckoutSharing : ICollectionFixture<WarmCheckout>;
