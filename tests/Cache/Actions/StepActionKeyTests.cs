using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using FsCheck.Xunit;

namespace BpfIncr.Cache.Tests.Actions;

[Properties(Arbitrary = [typeof(ActionArbitraries)])]
public sealed class StepActionKeyTests
{
    [Property]
    public void The_order_in_which_sets_are_given_does_not_matter(ActionRecipe recipe, int seed) =>
        Assert.Equal(recipe.ToAction().Key, recipe.ToShuffledAction(seed).Key);

    [Property]
    public void Every_single_change_changes_the_key(ActionRecipe recipe)
    {
        var key = recipe.ToAction().Key;

        Assert.All(recipe.Neighbours(), n => Assert.False(n.Recipe.ToAction().Key == key, $"{n.What}: {n.Recipe}"));
    }

    [Property]
    public void Every_change_of_a_digest_changes_the_key(byte[] content, byte[] other)
    {
        var (one, two) = (Digest.Of(content), Digest.Of(other));

        Assert.Equal(one == two, WithInput(one).Key == WithInput(two).Key);
        Assert.NotEqual(WithInput(one).Key, WithInput(Digest.FromBytes(one.ToBytes(), one.Size + 1)).Key);
    }

    [Fact]
    public void The_order_of_arguments_matters() =>
        Assert.NotEqual(WithArguments("--a", "--b").Key, WithArguments("--b", "--a").Key);

    [Fact]
    public void An_argument_that_is_given_twice_is_not_one_that_is_given_once() =>
        Assert.NotEqual(WithArguments("--a").Key, WithArguments("--a", "--a").Key);

    [Fact]
    public void A_file_is_not_a_file_of_that_name_in_a_directory()
    {
        var digest = Digest.OfText("content");
        var names = (string[])["a", "a/b", "b/a", "a/b/c", "ab"];
        var keys = names.Select(n => WithInputs(new InputTree([new(n, digest)])).Key);

        Assert.Equal(names.Length, keys.Distinct().Count());
    }

    [Fact]
    public void Adding_a_file_twice_keeps_the_last_one()
    {
        var tree = new InputTree([new("a", Digest.OfText("first"))]);
        tree.Add("a", Digest.OfText("last"));

        Assert.Equal(WithInput(Digest.OfText("last")).Key, WithInputs(tree).Key);
    }

    private static StepAction WithArguments(params string[] arguments) => new(arguments, [], [], new InputTree(), ["out"], "");

    private static StepAction WithInput(Digest digest) => WithInputs(new InputTree([new("a", digest)]));

    private static StepAction WithInputs(InputTree inputs) => new(["tool"], [], [], inputs, ["out"], "");
}
