using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Tests.Workspace;

/// <summary>What is said of a probe <c>a</c> that depends on <c>kit</c>, as other packages come and change.</summary>
public sealed class FeatureRequestsTests
{
    private static readonly string[] Big = ["big="];

    [Fact]
    public void Another_probe_with_the_same_requests_changes_nothing() =>
        Assert.Equal(Describe(Base()), Describe(Base().Add("b", Crates.On("kit"))));

    [Fact]
    public void Another_probe_that_asks_for_a_feature_changes_it() =>
        Assert.NotEqual(Describe(Base()), Describe(Base().Add("b", Crates.On("kit", "big"))));

    [Fact]
    public void Another_probe_that_does_without_default_features_is_another_request() =>
        Assert.NotEqual(
            Describe(Base().Add("b", Crates.On("kit"))), Describe(Base().Add("b", Crates.On("kit") with { DefaultFeatures = false })));

    [Fact]
    public void Another_probe_whose_dependency_is_optional_is_another_request() =>
        Assert.NotEqual(
            Describe(Base().Add("b", Crates.On("kit", "big"))), Describe(Base().Add("b", Crates.On("kit", "big") with { Optional = true })));

    [Fact]
    public void A_request_for_a_package_that_the_probe_does_not_use_changes_nothing() =>
        Assert.Equal(Describe(Base()), Describe(Base().Add("other", Big).Add("b", Crates.On("kit"), Crates.On("other", "big"))));

    [Fact]
    public void A_request_of_a_package_between_counts() =>
        Assert.NotEqual(
            Describe(Base().Add("mid", Crates.On("kit")).Add("b", Crates.On("mid"))),
            Describe(Base().Add("mid", Crates.On("kit", "big")).Add("b", Crates.On("mid"))));

    [Fact]
    public void Which_package_asks_does_not_matter() =>
        Assert.Equal(Describe(Base().Add("b", Crates.On("kit", "big"))), Describe(Base().Add("c", Crates.On("kit", "big"))));

    [Fact]
    public void The_order_of_packages_does_not_matter() =>
        Assert.Equal(
            Describe(new Crates("/w").Add("kit", Big).Add("a", Crates.On("kit")).Add("b", Crates.On("kit", "big"))),
            Describe(new Crates("/w").Add("b", Crates.On("kit", "big")).Add("a", Crates.On("kit")).Add("kit", Big)));

    [Fact]
    public void A_feature_that_the_configuration_switches_on_counts_for_its_package()
    {
        var crates = Base();

        Assert.NotEqual(Describe(crates), Describe(crates, "a/fast"));
        Assert.Equal(Describe(crates.Add("b", Crates.On("kit"))), Describe(crates.Add("b", Crates.On("kit")), "b/unrelated"));
    }

    [Theory]
    [InlineData("more=kit/big")]
    [InlineData("more=kit?/big")]
    [InlineData("more=dep:kit")]
    [InlineData("more=kit")]
    public void A_feature_of_another_probe_that_passes_one_on_counts_when_it_is_on(string feature)
    {
        var crates = Base().Add("b", [feature], Crates.On("kit"));

        Assert.NotEqual(Describe(crates), Describe(crates, "b/more"));
    }

    [Fact]
    public void Whom_a_request_is_about_counts()
    {
        Assert.NotEqual(
            Describe(Base().Add("mid").Add("a", Crates.On("kit"), Crates.On("mid", "c")).Add("b", Crates.On("kit", "b"))),
            Describe(Base().Add("mid").Add("a", Crates.On("kit"), Crates.On("mid", "c")).Add("b", Crates.On("mid", "b"))));
    }

    [Fact]
    public void What_a_feature_passes_on_counts() =>
        Assert.NotEqual(
            Describe(Base().Add("b", ["more=kit/big"], Crates.On("kit")), "b/more"),
            Describe(Base().Add("b", ["more=kit/huge"], Crates.On("kit")), "b/more"));

    // Cargo unifies over everything that one call builds: b switches on a feature of mid, which passes it on to kit,
    // which a uses too.
    [Fact]
    public void A_feature_that_reaches_a_package_through_another_ones_feature_counts()
    {
        string[] passesOn = ["more=kit/big"];

        Assert.NotEqual(
            Describe(Base().Add("mid", passesOn, Crates.On("kit")).Add("b", Crates.On("mid"))),
            Describe(Base().Add("mid", passesOn, Crates.On("kit")).Add("b", Crates.On("mid", "more"))));
    }

    [Fact]
    public void A_feature_that_reaches_a_package_through_two_features_of_another_one_counts()
    {
        string[] passesOn = ["more=some", "some=kit/big"], passesNothingOn = ["more=", "some=kit/big"];

        Assert.NotEqual(
            Describe(Base().Add("mid", passesOn, Crates.On("kit")).Add("b", Crates.On("mid", "more"))),
            Describe(Base().Add("mid", passesNothingOn, Crates.On("kit")).Add("b", Crates.On("mid", "more"))));
    }

    [Fact]
    public void A_default_feature_that_reaches_a_package_through_another_one_counts()
    {
        string[] passesOn = ["default=kit/big"];

        Assert.NotEqual(
            Describe(Base().Add("mid", passesOn, Crates.On("kit")).Add("b", Crates.On("mid"))),
            Describe(Base().Add("mid", passesOn, Crates.On("kit")).Add("b", Crates.On("mid") with { DefaultFeatures = false })));
    }

    private static Crates Base() => new Crates("/w").Add("kit", Big).Add("a", Crates.On("kit"));

    private static string Describe(Crates crates, params string[] features)
    {
        var workspace = crates.Workspace;
        var probes = workspace.Packages.Values.Where(p => p.Name.Length == 1);
        return new FeatureRequests(workspace, probes, Crates.Options with { Features = [.. features] }).Describe(workspace.Closure(crates["a"]));
    }
}
