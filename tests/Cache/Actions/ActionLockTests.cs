using System.Diagnostics;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Actions;

public sealed class ActionLockTests : IDisposable
{
    private static readonly Digest Key = Samples.Action().Key;
    private readonly TemporaryDirectory _root = new();
    private readonly ActionCache _cache;

    public ActionLockTests() => _cache = new ActionCache(_root.Path);

    public void Dispose() => _root.Dispose();

    private string File => _root[$"locks/{Key.Hash}"];

    [Fact]
    public void Only_one_has_the_lock_of_an_action()
    {
        using var first = _cache.TryLock(Key);

        Assert.NotNull(first);
        Assert.Null(new ActionCache(_root.Path).TryLock(Key));
    }

    [Fact]
    public void Other_actions_have_other_locks()
    {
        using var first = _cache.TryLock(Key);
        using var other = _cache.TryLock(Samples.Action("other").Key);

        Assert.NotNull(other);
    }

    [Fact]
    public void A_lock_that_was_given_back_leaves_no_file()
    {
        _cache.TryLock(Key)!.Dispose();

        Assert.Empty(Directory.GetFiles(_root["locks"]));
        Assert.NotNull(_cache.TryLock(Key));
    }

    [Fact]
    public async Task Whoever_waits_has_the_lock_when_it_is_given_back()
    {
        var first = _cache.TryLock(Key)!;
        var waiting = _cache.LockAsync(Key, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);

        first.Dispose();

        using var second = await waiting;
        Assert.NotNull(second);
        Assert.Null(_cache.TryLock(Key));
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var first = _cache.TryLock(Key);
        using var source = new CancellationTokenSource();
        var waiting = _cache.LockAsync(Key, source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Whoever_waited_long_enough_goes_on_without()
    {
        using var first = _cache.TryLock(Key);

        Assert.Null(await ActionLock.AcquireAsync(File, TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_lock_of_a_killed_process_is_free()
    {
        Directory.CreateDirectory(_root["locks"]);
        using var holder = Process.Start(new ProcessStartInfo("flock", [File, "-c", "echo locked; exec sleep infinity"]) { RedirectStandardOutput = true })!;
        Assert.Equal("locked", holder.StandardOutput.ReadLine());
        Assert.Null(_cache.TryLock(Key));

        holder.Kill(entireProcessTree: true);

        // Its child has the file open too, and is killed a moment later.
        using var mine = await ActionLock.AcquireAsync(File, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.NotNull(mine);
    }

    [Fact]
    public void Where_no_lock_can_be_had_everybody_goes_on()
    {
        System.IO.File.WriteAllText(_root["locks"], "a file where the directory should be");

        using var one = _cache.TryLock(Key);
        using var two = _cache.TryLock(Key);

        Assert.NotNull(one);
        Assert.NotNull(two);
    }

    [Fact]
    public void However_many_come_and_go_there_is_never_more_than_one()
    {
        var (inside, most) = (0, 0);
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 200; i++)
            {
                if (_cache.TryLock(Key) is not { } turn)
                    continue;
                most = Math.Max(most, Interlocked.Increment(ref inside));
                Interlocked.Decrement(ref inside);
                turn.Dispose();
            }
        });

        Assert.Equal(1, most);
    }
}
