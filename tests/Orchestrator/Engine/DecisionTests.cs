using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Tests.Engine;

/// <summary>The whole table. Without a row of before, or with its key, nothing can be said of another output.</summary>
public sealed class DecisionTests
{
    [Theory]
    [InlineData(false, false, false, true, nameof(Change.New), nameof(Source.Executed))]
    [InlineData(false, false, false, false, nameof(Change.New), nameof(Source.ActionCache))]
    [InlineData(false, false, true, true, nameof(Change.New), nameof(Source.Executed))]
    [InlineData(false, false, true, false, nameof(Change.New), nameof(Source.ActionCache))]
    [InlineData(false, true, false, true, nameof(Change.New), nameof(Source.Executed))]
    [InlineData(false, true, false, false, nameof(Change.New), nameof(Source.ActionCache))]
    [InlineData(false, true, true, true, nameof(Change.New), nameof(Source.Executed))]
    [InlineData(false, true, true, false, nameof(Change.New), nameof(Source.ActionCache))]
    [InlineData(true, false, true, true, nameof(Change.Unchanged), nameof(Source.Executed))]
    [InlineData(true, false, false, true, nameof(Change.Modified), nameof(Source.Executed))]
    [InlineData(true, false, true, false, nameof(Change.Unchanged), nameof(Source.ActionCache))]
    [InlineData(true, false, false, false, nameof(Change.Modified), nameof(Source.ActionCache))]
    [InlineData(true, true, true, false, nameof(Change.Cached), nameof(Source.Memory))]
    [InlineData(true, true, false, false, nameof(Change.Cached), nameof(Source.Memory))]
    // Its result had been lost and was made again.
    [InlineData(true, true, true, true, nameof(Change.Unchanged), nameof(Source.Executed))]
    [InlineData(true, true, false, true, nameof(Change.Modified), nameof(Source.Executed))]
    public void Says_what_happened_and_where_it_came_from(
        bool hadRow, bool sameKey, bool sameOutput, bool executed, string change, string source)
    {
        var decision = Decision.Of(hadRow, sameKey, sameOutput, executed);

        Assert.Equal((change, source), (decision.Change.ToString(), decision.Source.ToString()));
    }
}
