using FsCheck;
using FsCheck.Xunit;

namespace BpfIncr.Stages.Tests;

public sealed class NearestNameTests
{
    private static readonly string[] Known = ["workspaces", "defaultFeatures", "env", "universe", "variants"];

    [Theory]
    [InlineData("workspace", "workspaces")]
    [InlineData("wrokspaces", "workspaces")]
    [InlineData("default_features", "defaultFeatures")]
    [InlineData("DEFAULT-FEATURES", "defaultFeatures")]
    [InlineData("variant", "variants")]
    [InlineData("ENV", "env")]
    public void A_slip_finds_what_was_meant(string name, string meant) => Assert.Equal(meant, NearestName.Of(name, Known));

    [Theory]
    [InlineData("jobs")]
    [InlineData("parallelism")]
    [InlineData("")]
    public void Something_else_finds_nothing(string name) => Assert.Null(NearestName.Of(name, Known));

    [Fact]
    public void The_nearest_of_two_is_found_and_of_equally_near_ones_the_first_by_name()
    {
        Assert.Equal("xdp-count", NearestName.Of("xdp-coun", ["xdp-mount", "xdp-count"]));
        Assert.Equal("a-probe", NearestName.Of("c-probe", ["b-probe", "a-probe"]));
    }

    [Fact]
    public void Nothing_is_known() => Assert.Null(NearestName.Of("x", []));

    [Property]
    public void A_known_name_finds_itself(NonNull<string> name) => Assert.Equal(name.Get, NearestName.Of(name.Get, [name.Get]));

    [Property]
    public void What_is_found_is_one_of_the_known(string name, NonNull<string>[] known)
    {
        var names = known.Select(k => k.Get).ToList();

        Assert.True(NearestName.Of(name ?? "", names) is not { } found || names.Contains(found));
    }
}
