using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using FsCheck.Xunit;

namespace BpfIncr.Cache.Tests.Actions;

[Properties(Arbitrary = [typeof(ActionArbitraries)])]
public sealed class IngredientsTests
{
    [Fact]
    public void Name_every_file_option_variable_and_identity()
    {
        var action = new StepAction(
            ["optimize", "--level=O2", "--llvm-option=-a", "--llvm-option=-b=c", "--verbose", "linked.bc"],
            [new("PROBE_TAG", "7")],
            [new("llvm", "LLVM 22.1.2")],
            new InputTree([new("linked.bc", Digest.OfText("abc"))]),
            ["out"],
            "ours");

        Assert.Equal(
            [
                new("linked.bc", Digest.OfText("abc").Short),
                new("--level", "O2"),
                new("--llvm-option", "-a -b=c"),
                new("--verbose", "set"),
                new("$PROBE_TAG", "7"),
                new("llvm", "LLVM 22.1.2"),
                new("universe", "ours"),
            ],
            action.Ingredients());
    }

    // An explanation compares them by name, and a file can be called anything.
    [Property]
    public void Have_each_name_once_whatever_the_options_are(ActionRecipe recipe)
    {
        var action = (recipe with { Arguments = ["tool", .. recipe.Arguments.Select(a => $"--{a}")] }).ToAction();
        var options = action.Ingredients().Select(i => i.Key).Skip(recipe.Inputs.Count).SkipLast(recipe.Properties.Count + 1).ToList();

        Assert.Equal(options.Distinct(), options);
    }

    [Fact]
    public void Have_each_name_once_whatever_the_files_are_called()
    {
        var names = (string[])["universe", "llvm", "$TAG", "--level"];
        var action = new StepAction(
            ["tool", "--level=1"], [new("TAG", "1")], [new("llvm", "1")], new InputTree(names.Select(n => KeyValuePair.Create(n, Digest.OfText(n)))), [], "");
        var all = action.Ingredients().Select(i => i.Key).ToList();

        Assert.Equal(all.Distinct(), all);
    }
}
