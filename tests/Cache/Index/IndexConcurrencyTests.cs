using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Index;

public sealed class IndexConcurrencyTests : IDisposable
{
    private const int Writers = 4, Rows = 50;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Writers_on_two_connections_lose_nothing()
    {
        using var one = Open("index.db");
        using var other = Open("index.db");

        await Together(writer =>
        {
            var index = writer % 2 == 0 ? one : other;
            for (var row = 0; row < Rows; row++)
            {
                index.RememberSteps("/w", [new EndedStep($"link {writer}-{row}", new RememberedStep(Digest.OfText("k"), Digest.OfText($"{row}")), Ran: true, Outcome: null)]);
                index.RememberFiles([new($"/w/{writer}/{row}", new RememberedFile(new FileStamp(1, 2, 3, 4), Digest.OfText("f")))]);
                index.Steps("/w");
            }
        });

        Assert.Equal(Writers * Rows, one.Steps("/w").Count);
        Assert.Equal(Writers * Rows, other.FilesBelow("/w").Count);
    }

    [Fact]
    public async Task Many_processes_may_make_a_fresh_index_at_once()
    {
        for (var round = 0; round < 10; round++)
        {
            var name = $"{round}.db";
            await Together(writer =>
            {
                using var index = Open(name);
                index.RememberMemo($"m{writer}", [1]);
            });

            using var index = Open(name);
            Assert.All(Enumerable.Range(0, Writers), writer => Assert.NotNull(index.Memo($"m{writer}")));
        }
    }

    private static async Task Together(Action<int> work)
    {
        using var start = new Barrier(Writers);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                work(writer);
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    private IndexDatabase Open(string name) =>
        IndexDatabase.Open(_directory[name], why => Assert.Fail($"the index was replaced: {why}"));
}
