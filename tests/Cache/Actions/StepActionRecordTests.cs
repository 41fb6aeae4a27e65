using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Actions.Proto;
using FsCheck.Xunit;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Tests.Actions;

[Properties(Arbitrary = [typeof(ActionArbitraries)])]
public sealed class StepActionRecordTests
{
    [Property]
    public void An_action_reads_back_from_its_record(ActionRecipe recipe)
    {
        var action = recipe.ToAction();

        var read = StepAction.From(RecordOf(action));

        Assert.NotNull(read);
        Assert.Equal(action.Key, read.Key);
        Assert.Equal(action.Arguments, read.Arguments);
        Assert.Equal(action.Inputs.Files, read.Inputs.Files);
        Assert.Equal(action.Ingredients(), read.Ingredients());
    }

    [Property]
    public void A_record_is_read_as_the_action_that_it_is_of_and_no_other(ActionRecipe recipe, ActionRecipe other)
    {
        var (action, another) = (recipe.ToAction(), other.ToAction());

        Assert.Equal(action.Key, StepAction.From(RecordOf(action))?.Key);
        Assert.Equal(action.Key == another.Key, StepAction.From(RecordOf(another))?.Key == action.Key);
    }

    [Property]
    public void A_record_of_which_a_part_belongs_to_another_action_is_not_read(ActionRecipe recipe)
    {
        var action = recipe.ToAction();
        foreach (var (what, neighbour) in recipe.Neighbours())
        {
            var mixed = RecordOf(action);
            var foreign = RecordOf(neighbour.ToAction());
            mixed.Command = foreign.Command;
            mixed.Directories.Clear();
            mixed.Directories.AddRange(foreign.Directories);
            // The universe and the properties are in the action itself, which the key names.
            if (what is not ("universe" or "property"))
                Assert.True(StepAction.From(mixed) is null, what);
        }
    }

    [Fact]
    public void A_record_without_its_parts_is_not_read()
    {
        var action = new StepAction(["tool"], [], [], new InputTree([new("a", Digest.OfText("a"))]), ["out"], "");

        Assert.Null(StepAction.From(new StepRecord()));
        Assert.Null(StepAction.From(Without(r => r.Action = null)));
        Assert.Null(StepAction.From(Without(r => r.Command = null)));
        Assert.Null(StepAction.From(Without(r => r.Directories.Clear())));
        Assert.Null(StepAction.From(Without(r => r.Directories[0].Files[0].Digest = null)));

        StepRecord Without(System.Action<StepRecord> change)
        {
            var record = RecordOf(action);
            change(record);
            return record;
        }
    }

    private static StepRecord RecordOf(StepAction action)
    {
        var record = new StepRecord();
        action.CopyTo(record);
        return record.Clone();
    }
}
