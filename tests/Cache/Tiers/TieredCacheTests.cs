using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tests.Actions;
using BpfIncr.Cache.Tiers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Tiers;

public sealed class TieredCacheTests : IDisposable
{
    private static readonly Digest Output = Digest.OfText("output");
    private static readonly Digest Key = Samples.Action().Key;

    private readonly TemporaryDirectory _shared = new();
    private readonly TemporaryDirectory _other = new();

    public void Dispose()
    {
        _shared.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task What_one_machine_made_another_one_finds()
    {
        using var first = new Machine((_shared.Path, false));
        using var second = new Machine((_shared.Path, false));
        var made = await first.RunAsync();

        var found = second.Cache.TryGet(Key);

        Assert.Equal(Path.GetFileName(_shared.Path), found?.Tier);
        Assert.Equal(made.Identity, found?.Result.Identity);
        Assert.Equal("output"u8.ToArray(), second.Cache.TryRead(Output));
        Assert.Empty(first.Troubles.Concat(second.Troubles));
    }

    [Fact]
    public async Task What_was_found_once_is_in_the_local_cache()
    {
        using var first = new Machine((_shared.Path, false));
        using var second = new Machine((_shared.Path, true));
        await first.RunAsync();
        second.Cache.TryGet(Key);
        Assert.True(second.Cache.Obtain(Output));
        Directory.Delete(_shared["v1"], recursive: true);

        var hit = second.Cache.TryGet(Key);
        Assert.NotNull(hit);
        Assert.Null(hit.Value.Tier);
        Assert.True(second.Cache.Obtain(Output));
    }

    [Fact]
    public async Task A_blob_that_nobody_needs_is_not_fetched()
    {
        using var first = new Machine((_shared.Path, false));
        using var second = new Machine((_shared.Path, true));
        await first.RunAsync();

        second.Cache.TryGet(Key);
        Assert.Single(second.Files());
        Assert.True(second.Cache.Obtain(Output));

        Assert.Equal([$"blobs/{Output.Hash[..2]}/{Output.Hash}", $"results/{Key.Hash[..2]}/{Key.Hash}"], second.Files());
    }

    [Fact]
    public async Task A_read_only_tier_is_never_written()
    {
        using var machine = new Machine((_shared.Path, true));

        await machine.RunAsync();
        machine.Cache.Forget(Key);
        machine.Cache.Update(Key, Output, _ => Samples.Result());
        await machine.Cache.FlushAsync();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_shared.Path));
        Assert.Empty(machine.Troubles);
    }

    [Fact]
    public async Task A_hit_goes_to_the_writable_tiers_before_the_one_that_had_it()
    {
        using var first = new Machine((_other.Path, false));
        using var second = new Machine((_shared.Path, false), (_other.Path, true));
        await first.RunAsync();

        Assert.Equal(Path.GetFileName(_other.Path), second.Cache.TryGet(Key)?.Tier);
        await second.Cache.FlushAsync();

        Assert.Equal(Machine.FilesIn(_other.Path), Machine.FilesIn(_shared.Path));
        // The local cache has what was asked for, and not what went by.
        Assert.Single(second.Files());
    }

    [Fact]
    public async Task The_first_tier_that_knows_answers()
    {
        using var first = new Machine((_shared.Path, false), (_other.Path, false));
        await first.RunAsync();
        using var second = new Machine((_other.Path, false), (_shared.Path, false));

        Assert.Equal(Path.GetFileName(_other.Path), second.Cache.TryGet(Key)?.Tier);
    }

    [Fact]
    public async Task A_result_with_another_output_is_reported_and_does_not_replace_the_first()
    {
        using var first = new Machine((_shared.Path, false));
        using var second = new Machine((_shared.Path, false));
        await first.RunAsync("one");
        var before = Machine.FilesIn(_shared.Path);

        var counts = await second.RunAsync("other");

        Assert.Equal(Samples.Result("other").Identity, counts.Identity);
        Assert.Equal(before, Machine.FilesIn(_shared.Path));
        var trouble = Assert.Single(second.Troubles);
        Assert.Equal(TierTroubleKind.NonDeterministic, trouble.Kind);
        Assert.Equal($"link (key {Key.Short}) gave a.bc as {Digest.OfText("other").Short} here and as {Digest.OfText("one").Short} there", trouble.Detail);
    }

    [Fact]
    public async Task Machines_that_write_the_same_at_once_leave_one_copy()
    {
        var machines = Enumerable.Range(0, 4).Select(_ => new Machine((_shared.Path, false))).ToList();
        using var start = new Barrier(machines.Count);

        await Task.WhenAll(machines.Select(m => Task.Factory.StartNew(
            async () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                for (var i = 0; i < 25; i++)
                    await m.RunAsync($"output {i}", $"input {i}");
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        Assert.All(machines, m => Assert.Empty(m.Troubles));
        // Twenty-five results, their own outputs, and the one that all have.
        Assert.Equal(25 + 25 + 1, Machine.FilesIn(_shared.Path).Count);
        machines.ForEach(m => m.Dispose());
    }

    [Fact]
    public async Task A_blob_that_a_tier_lost_is_a_miss_and_its_result_is_made_again()
    {
        using var first = new Machine((_shared.Path, false));
        using var second = new Machine((_shared.Path, false));
        await first.RunAsync();
        File.Delete(Machine.BlobIn(_shared.Path, Output));
        Assert.NotNull(second.Cache.TryGet(Key));

        Assert.False(second.Cache.Obtain(Output));
        second.Cache.Forget(Key);
        Assert.Null(second.Cache.TryGet(Key));
        await second.RunAsync();

        using var third = new Machine((_shared.Path, false));
        Assert.NotNull(third.Cache.TryGet(Key));
        Assert.True(third.Cache.Obtain(Output));
    }

    [Fact]
    public async Task Whoever_only_looks_stores_nothing_anywhere()
    {
        using var first = new Machine((_other.Path, false));
        await first.RunAsync();
        TierSettings[] tiers = [TierSettings.At(_shared.Path, isReadOnly: false), TierSettings.At(_other.Path, isReadOnly: false)];
        using var second = new Machine(tiers, s => new DirectoryTier(s.Path), isReadOnly: true);

        Assert.NotNull(second.Cache.TryGet(Key));
        Assert.True(second.Cache.Obtain(Output));
        Assert.Equal("output"u8.ToArray(), second.Cache.TryRead(Output));
        await second.Cache.FlushAsync();

        Assert.Empty(second.Files());
        Assert.Empty(Machine.FilesIn(_shared.Path));
    }

    [Fact]
    public async Task What_is_not_final_is_merged_with_what_others_wrote()
    {
        using var first = new Machine((_shared.Path, false));
        using var second = new Machine((_shared.Path, false));
        await AppendAsync(first, "one");
        await AppendAsync(second, "two");
        await AppendAsync(first, "two");

        using var third = new Machine((_shared.Path, true));
        var outputs = Assert.Single(third.Cache.All(Key)).Outputs;

        Assert.Equal(["one", "two"], outputs.Select(o => o.Name));
        Assert.All(outputs, o => Assert.True(third.Cache.Obtain(o.Digest)));
    }

    [Fact]
    public async Task What_a_result_that_is_not_final_names_is_stored_again_when_it_was_lost()
    {
        using var first = new Machine((_shared.Path, false));
        await AppendAsync(first, "one");
        File.Delete(Machine.BlobIn(_shared.Path, Digest.OfText("one")));

        await AppendAsync(first, "one");

        Assert.True(File.Exists(Machine.BlobIn(_shared.Path, Digest.OfText("one"))));
    }

    private static async Task AppendAsync(Machine machine, string name)
    {
        var digest = machine.Blobs.Put(System.Text.Encoding.UTF8.GetBytes(name));
        machine.Cache.Update(Key, digest, there => there?.Outputs.Any(o => o.Name == name) == true
            ? null
            : new StepResult(Samples.Action(), [.. there?.Outputs ?? [], new(name, digest)], [], default));
        await machine.Cache.FlushAsync();
    }
}
