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

        var read = StepAction.From(RecordOf(action), action.Key);

        Assert.NotNull(read);
        Assert.Equal(action.Key, read.Key);
        Assert.Equal(action.Arguments, read.Arguments);
        Assert.Equal(action.Inputs.Files, read.Inputs.Files);
        Assert.Equal(action.Ingredients(), read.Ingredients());
    }

    [Property]
    public void A_record_is_not_read_under_the_key_of_another_action(ActionRecipe recipe, ActionRecipe other)
    {
        var key = recipe.ToAction().Key;

        Assert.Equal(other.ToAction().Key == key, StepAction.From(RecordOf(other.ToAction()), key) is not null);
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
                Assert.True(StepAction.From(mixed, action.Key) is null, what);
        }
    }

    [Fact]
    public void A_record_without_its_parts_is_not_read()
    {
        var action = new StepAction(["tool"], [], [], new InputTree([new("a", Digest.OfText("a"))]), ["out"], "");

        Assert.Null(StepAction.From(new StepRecord(), action.Key));
        Assert.Null(StepAction.From(Without(r => r.Action = null), action.Key));
        Assert.Null(StepAction.From(Without(r => r.Command = null), action.Key));
        Assert.Null(StepAction.From(Without(r => r.Directories.Clear()), action.Key));
        Assert.Null(StepAction.From(Without(r => r.Directories[0].Files[0].Digest = null), action.Key));

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
