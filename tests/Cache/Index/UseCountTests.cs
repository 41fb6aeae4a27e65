using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Index;

public sealed class UseCountTests : IDisposable
{
    private static readonly DateTime First = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc), Second = First.AddDays(1);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Counts_of_passes_are_added_up_by_stage_and_tier_and_keep_when_they_began()
    {
        using (var index = Open())
        {
            index.RememberLastPass("/w", [1], [Count("link", "local", 2, First), Count("link", "shared", 5, First)]);
            index.RememberLastPass("/v", [2], [Count("link", "local", 3, Second)]);
        }
        using var later = Open();

        Assert.Equal([Count("link", "local", 5, First), Count("link", "shared", 5, First)], later.Uses());
        Assert.Equal([2], later.LastPass("/v"));
    }

    private IndexDatabase Open() => IndexDatabase.Open(_directory["index.db"], why => Assert.Fail(why));

    private static UseCount Count(string stage, string tier, int n, DateTime since) =>
        new(stage, tier, n, TimeSpan.FromSeconds(n), 2 * n, TimeSpan.FromMinutes(n), since);
}
