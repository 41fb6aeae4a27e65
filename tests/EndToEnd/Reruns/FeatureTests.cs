using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>Cargo unifies the features of a shared crate over all probes, so one probe's manifest can change another's code.</summary>
public sealed class FeatureTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    [Fact]
    public void A_feature_that_another_probe_asks_for_through_a_crate_between_changes_this_probe()
    {
        var checkout = new Checkout(_directory["checkout"], _directory["cache"]);
        Crates.WriteWorkspace(checkout);
        Crates.WriteProbe(checkout, "a", "x");
        Crates.WriteProbe(checkout, "b", "mid::between(x)", "mid = { path = \"../../mid\" }");
        checkout.Build().Succeeded();
        Crates.WriteProbe(checkout, "b", "mid::between(x)", "mid = { path = \"../../mid\", features = [\"more\"] }");

        var build = checkout.Build().Succeeded();

        Assert.Contains(build.Steps, s => s.Step == "codegen a/one" && s.Outcome == "Modified/Executed");
        var fresh = new Checkout(checkout.Directory, _directory["other-cache"]);
        var objects = checkout.Objects();
        fresh.Run("clean");
        fresh.Build().Succeeded();
        Assert.Equal(fresh.Objects(), objects);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
