using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tests.Actions;
using BpfIncr.Cache.Tiers;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Tiers;

/// <summary>A tier that does not do what it should costs a warning and a miss.</summary>
public sealed class SharedTierTests : IDisposable
{
    private static readonly Digest Output = Digest.OfText("output");
    private static readonly Digest Key = Samples.Action().Key;

    private readonly TemporaryDirectory _shared = new();
    private readonly SlowTier _slow;

    public SharedTierTests() => _slow = new SlowTier(new DirectoryTier(_shared.Path));

    public void Dispose()
    {
        _slow.Dispose();
        _shared.Dispose();
    }

    [Fact]
    public void A_tier_that_hangs_is_asked_once_and_then_left_alone()
    {
        using var machine = Slow(isReadOnly: false);
        _slow.Block();

        Assert.Null(machine.Cache.TryGet(Key));
        var calls = _slow.Calls;
        Assert.Null(machine.Cache.TryGet(Samples.Action("another").Key));
        Assert.False(machine.Cache.Obtain(Output));

        Assert.Equal((1, 1), (calls, _slow.Calls));
        Assert.Equal((TierTroubleKind.Unusable, "it did not answer within 0.05 s"), Single(machine));
        Assert.Empty(machine.Cache.Tiers);
    }

    [Fact]
    public async Task A_tier_that_hangs_while_it_is_written_holds_nobody_up()
    {
        using var machine = Slow(isReadOnly: false);
        _slow.Block();

        await machine.RunAsync();

        Assert.Equal((TierTroubleKind.Unusable, "it did not answer within 0.05 s"), Single(machine));
        Assert.NotNull(machine.Results.TryGet(Key));
    }

    [Fact]
    public async Task A_tier_stays_off_as_long_as_it_hangs_and_is_used_by_the_next_pass_after_that()
    {
        using var other = new Machine((_shared.Path, false));
        await other.RunAsync();
        using var machine = Slow(isReadOnly: true);
        var tier = machine.Tiers[0];
        _slow.Block();
        Assert.Null(tier.TryGet(Key));

        tier.Rearm();
        Assert.Null(tier.TryGet(Key));
        Assert.Equal(1, _slow.Calls);
        Assert.Single(machine.Troubles);
        _slow.Unblock();
        // A busy machine may be late once more: each pass begins anew.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                tier.Rearm();
                return tier.TryGet(Key) is not null;
            }, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_not_made()
    {
        using var machine = new Machine((_shared["not mounted"], false));

        Assert.Null(machine.Cache.TryGet(Key));

        Assert.Equal((TierTroubleKind.Unusable, "there is no such directory"), Single(machine));
        Assert.False(Directory.Exists(_shared["not mounted"]));
    }

    [Fact]
    public async Task A_directory_that_vanishes_is_not_made_again()
    {
        Directory.CreateDirectory(_shared["mount"]);
        using var machine = new Machine((_shared["mount"], false));
        await machine.RunAsync();
        Directory.Delete(_shared["mount"], recursive: true);

        await machine.RunAsync("other", "other");

        Assert.Equal((TierTroubleKind.Unusable, "there is no such directory"), Single(machine));
        Assert.False(Directory.Exists(_shared["mount"]));
    }

    [Fact]
    public async Task A_directory_that_vanishes_under_a_write_is_not_one_that_cannot_be_written()
    {
        Directory.CreateDirectory(_shared["mount"]);
        var tier = new SlowTier(new DirectoryTier(_shared["mount"]));
        using var machine = new Machine([TierSettings.At(_shared["mount"], isReadOnly: false)], _ => tier);
        tier.InWrite = () =>
        {
            Directory.Delete(_shared["mount"], recursive: true);
            throw new DirectoryNotFoundException("a part of the path");
        };

        await machine.RunAsync();

        Assert.Equal((TierTroubleKind.Unusable, "there is no such directory"), Single(machine));
        Assert.False(machine.Tiers[0].IsOn);
    }

    [Fact]
    public async Task A_tier_that_cannot_be_written_can_still_be_read()
    {
        using var other = new Machine((_shared.Path, false));
        await other.RunAsync();
        // Where directories should be made, a file is in the way.
        Directory.Delete(_shared["v1/blobs/tmp"]);
        _shared.Write("v1/blobs/tmp", "");
        using var machine = new Machine((_shared.Path, false));

        await machine.RunAsync("made here", "another");

        Assert.Equal(TierTroubleKind.Unwritable, Single(machine).Kind);
        Assert.NotNull(machine.Cache.TryGet(Key));
        Assert.True(machine.Cache.Obtain(Output));
        Assert.Single(machine.Troubles);
    }

    [Theory]
    [InlineData("short", true)]
    [InlineData("short", false)]
    [InlineData("long", true)]
    [InlineData("long", false)]
    [InlineData("other", true)]
    [InlineData("other", false)]
    [InlineData("directory", true)]
    [InlineData("directory", false)]
    public async Task A_damaged_blob_is_missing(string damage, bool isReadOnly)
    {
        await DamageAsync(damage, Machine.BlobIn(_shared.Path, Output));
        using var machine = new Machine((_shared.Path, isReadOnly));

        Assert.False(machine.Cache.Obtain(Output));

        AssertDiscarded(machine, $"blob {Output.Short}", Machine.BlobIn(_shared.Path, Output), isReadOnly);
    }

    [Theory]
    [InlineData("short", true)]
    [InlineData("short", false)]
    [InlineData("long", true)]
    [InlineData("other", false)]
    [InlineData("directory", true)]
    [InlineData("directory", false)]
    [InlineData("foreign", true)]
    [InlineData("foreign", false)]
    public async Task A_damaged_result_is_missing(string damage, bool isReadOnly)
    {
        await DamageAsync(damage, Machine.ResultIn(_shared.Path, Key));
        using var machine = new Machine((_shared.Path, isReadOnly));

        Assert.Null(machine.Cache.TryGet(Key));
        Assert.Null(machine.Cache.TryGet(Key));

        AssertDiscarded(machine, $"result {Key.Short}", Machine.ResultIn(_shared.Path, Key), isReadOnly);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("directory")]
    public async Task What_was_damaged_is_mended_by_whoever_makes_it_again(string damage)
    {
        await DamageAsync(damage, Machine.BlobIn(_shared.Path, Output));
        using (var machine = new Machine((_shared.Path, false)))
        {
            Assert.False(machine.Cache.Obtain(Output));
            machine.Cache.Forget(Key);
            await machine.RunAsync();
        }
        using var next = new Machine((_shared.Path, false));

        Assert.NotNull(next.Cache.TryGet(Key));
        Assert.True(next.Cache.Obtain(Output));
        Assert.Empty(next.Troubles);
    }

    private Machine Slow(bool isReadOnly) =>
        new([TierSettings.At(_shared.Path, isReadOnly) with { Deadline = TimeSpan.FromMilliseconds(50) }], _ => _slow);

    private static (TierTroubleKind Kind, string Detail) Single(Machine machine)
    {
        var trouble = Assert.Single(machine.Troubles);
        return (trouble.Kind, trouble.Detail);
    }

    private async Task DamageAsync(string damage, string path)
    {
        using var other = new Machine((_shared.Path, false));
        await other.RunAsync();
        await other.RunAsync("of another action", "another");
        var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        var foreign = Machine.ResultIn(_shared.Path, Samples.Action("another").Key);
        File.Delete(path);
        if (damage == "directory")
            Directory.CreateDirectory(path);
        else
            await File.WriteAllBytesAsync(path, damage switch
            {
                "short" => content[..^1],
                "long" => [.. content, 0],
                "foreign" => await File.ReadAllBytesAsync(foreign, TestContext.Current.CancellationToken),
                _ => [.. content[..^1], (byte)~content[^1]],
            }, TestContext.Current.CancellationToken);
    }

    private void AssertDiscarded(Machine machine, string what, string path, bool isReadOnly)
    {
        Assert.Equal((TierTroubleKind.Damaged, what), Single(machine));
        Assert.Equal(isReadOnly, Path.Exists(path));
        var quarantine = _shared["v1/quarantine"];
        Assert.Equal(isReadOnly ? 0 : 1, Directory.Exists(quarantine) ? Directory.EnumerateFileSystemEntries(quarantine).Count() : 0);
    }
}
