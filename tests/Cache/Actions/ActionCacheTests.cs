using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Actions;

public sealed class ActionCacheTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly ActionCache _cache;

    public ActionCacheTests() => _cache = new ActionCache(_root.Path, key => Assert.Fail($"{key} was found damaged"));

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_result_reads_back_whole()
    {
        var result = Samples.Result();
        _cache.Add(result);

        var read = new ActionCache(_root.Path).TryGet(result.Action.Key);

        Assert.NotNull(read);
        Assert.Equal(result.Action.Key, read.Action.Key);
        Assert.Equal(result.Action.Ingredients(), read.Action.Ingredients());
        Assert.Equal(result.Outputs, read.Outputs);
        Assert.Equal(result.Diagnostics, read.Diagnostics);
        Assert.Equal(result.Elapsed, read.Elapsed);
        Assert.Equal(result.Identity, read.Identity);
    }

    [Fact]
    public void A_result_lies_under_its_actions_key()
    {
        var key = _cache.Add(Samples.Result()).Action.Key;

        Assert.Equal(_root[$"results/{key.Hash[..2]}/{key.Hash}"], _cache.PathOf(key));
        Assert.True(File.Exists(_cache.PathOf(key)));
        Assert.Single(Directory.EnumerateFiles(Path.GetDirectoryName(_cache.PathOf(key))!));
    }

    [Fact]
    public void An_action_that_never_ran_has_no_result() => Assert.Null(_cache.TryGet(Samples.Action().Key));

    [Fact]
    public void The_first_writer_wins()
    {
        _cache.Add(Samples.Result("first"));

        var counts = new ActionCache(_root.Path).Add(Samples.Result("second"));

        Assert.Equal(Samples.Result("first").Identity, counts.Identity);
        Assert.Equal(Samples.Result("first").Identity, _cache.TryGet(counts.Action.Key)?.Identity);
    }

    [Fact]
    public async Task One_of_many_simultaneous_writers_wins_and_all_learn_which()
    {
        using var start = new Barrier(4);
        for (var round = 0; round < 25; round++)
        {
            var input = $"round {round}";
            var winners = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Factory.StartNew(
                () =>
                {
                    var cache = new ActionCache(_root.Path);
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    return cache.Add(Samples.Result($"of writer {writer}", input)).Identity;
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

            Assert.Equal(_cache.TryGet(Samples.Action(input).Key)?.Identity, Assert.Single(winners.Distinct()));
        }
    }

    [Fact]
    public void Replacing_replaces()
    {
        _cache.Add(Samples.Result("first"));
        _cache.Replace(Samples.Result("second"));

        Assert.Equal(Samples.Result("second").Identity, _cache.TryGet(Samples.Action().Key)?.Identity);
    }

    [Fact]
    public void What_is_removed_is_a_miss_and_can_be_added_again()
    {
        _cache.Add(Samples.Result("first"));
        _cache.Remove(Samples.Action().Key);
        _cache.Remove(Digest.OfText("never there"));

        Assert.Null(_cache.TryGet(Samples.Action().Key));
        Assert.Equal(Samples.Result("second").Identity, _cache.Add(Samples.Result("second")).Identity);
    }

    [Fact]
    public void What_a_killed_writer_left_does_not_matter()
    {
        var key = Samples.Action().Key;
        _root.Write($"results/{key.Hash[..2]}/{key.Hash}.0123456789abcdef0123456789abcdef", "hal");

        Assert.Null(_cache.TryGet(key));
        Assert.Equal(key, _cache.Add(Samples.Result()).Action.Key);
    }

    [Fact]
    public void Results_with_the_same_outputs_have_one_identity_whatever_made_them()
    {
        Assert.Equal(Samples.Result(input: "one").Identity, Samples.Result(input: "other").Identity);
        Assert.NotEqual(Samples.Result("one").Identity, Samples.Result("other").Identity);
        Assert.NotEqual(Identity("a.bc", "b.bc"), Identity("b.bc", "a.bc"));

        static Digest Identity(string first, string second) => new StepResult(
            Samples.Action(), [new(first, Digest.OfText("1")), new(second, Digest.OfText("2"))], [], default).Identity;
    }

    [Fact]
    public void An_output_is_found_by_its_name() =>
        Assert.Equal(Digest.OfText("second"), Samples.Result().Output("b.bc"));
}
