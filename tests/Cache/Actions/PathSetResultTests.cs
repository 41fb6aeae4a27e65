using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Tests.Actions;

public sealed class PathSetResultTests
{
    private static readonly StepAction Weak = Samples.Action();

    [Fact]
    public void The_newest_come_first_and_the_oldest_of_more_than_eight_are_forgotten()
    {
        StepResult? result = null;
        foreach (var i in Enumerable.Range(0, 10))
            result = StepResult.OfPathSets(Weak, [Set(i)], result);

        Assert.Equal(Sets(9, 8, 7, 6, 5, 4, 3, 2), result!.Outputs.Select(o => o.Digest));
        Assert.True(result.IsPathSets);
        Assert.Equal(result.Identity, StepResult.OfPathSets(Weak, [Set(9)], result).Identity);
        Assert.Equal(Sets(0, 5, 9, 8, 7, 6, 4, 3), StepResult.OfPathSets(Weak, Sets(0, 5), result).Outputs.Select(o => o.Digest));
    }

    [Fact]
    public void A_step_with_outputs_of_its_own_is_none() => Assert.False(Samples.Result().IsPathSets);

    private static Digest Set(int i) => Digest.OfText($"{i}");

    private static IEnumerable<Digest> Sets(params int[] numbers) => numbers.Select(Set);
}
