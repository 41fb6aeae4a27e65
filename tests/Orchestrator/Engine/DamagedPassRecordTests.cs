using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Engine;
using FsCheck.Xunit;

namespace BpfIncr.Orchestrator.Tests.Engine;

/// <summary>A record that makes no sense means that the pass has to be run.</summary>
public sealed class DamagedPassRecordTests
{
    private static readonly byte[] Sound = PassRecord.Of(
        3, "state", ["PATH", "TAG"],
        Enumerable.Range(0, 5).Select(i => KeyValuePair.Create(
            $"/bpfincr-test/nothing/{i}", new PassEntry(FileStamp.Missing, default, false, i == 3, i == 4)))).Content.ToArray();

    [Fact]
    public void The_undamaged_record_says_that_nothing_changed() => Assert.True(Compare(Sound).IsNone);

    [Fact]
    public void A_truncated_record_says_nothing()
    {
        for (var length = 0; length < Sound.Length; length++)
        {
            Assert.True(Compare(Sound[..length]).IsUnknown, $"{length} bytes");
            Assert.True(PassRecord.Read(Sound[..length]) is null, $"{length} bytes");
        }
    }

    [Property(MaxTest = 1000)]
    public void A_flipped_byte_is_no_exception(uint at, byte change)
    {
        byte[] damaged = [.. Sound];
        damaged[at % damaged.Length] ^= change;

        Walk(damaged);
    }

    [Property(MaxTest = 1000)]
    public void Garbage_behind_the_version_is_no_exception(byte[] garbage) => Walk([.. Sound[..4], .. garbage]);

    [Property(MaxTest = 1000)]
    public void Garbage_behind_the_environment_is_no_exception(byte[] garbage) => Walk([.. Sound[..30], .. garbage]);

    [Fact]
    public void A_count_that_leaves_paths_out_says_nothing()
    {
        const int CountOffset = 30 + 4 + 5 + 4;
        Assert.Equal(5, BitConverter.ToInt32(Sound, CountOffset));
        for (var count = 0; count < 5; count++)
            AssertUnknown([.. Sound[..CountOffset], .. BitConverter.GetBytes(count), .. Sound[(CountOffset + 4)..]]);
    }

    [Fact]
    public void A_path_without_a_name_says_nothing()
    {
        const int EntryLength = 75 + 2;
        var record = PassRecord.Of(1, "state", [], [KeyValuePair.Create("/", new PassEntry(default, default, IsRacy: true, IsDirectory: true, IsSource: false))]).Content.ToArray();
        Assert.Equal(1, record[^EntryLength]);
        record[^EntryLength] = 0;

        AssertUnknown([.. record[..^2], 0]);
    }

    [Fact]
    public void Counts_below_zero_say_nothing() =>
        AssertUnknown([.. Sound[..30], .. BitConverter.GetBytes(-1), .. BitConverter.GetBytes(-1)]);

    [Property]
    public void Garbage_says_nothing(byte[] garbage) => AssertUnknown(garbage);

    private static void Walk(byte[] content)
    {
        Compare(content);
        PassRecord.Read(content);
    }

    private static void AssertUnknown(byte[] content)
    {
        Assert.True(Compare(content).IsUnknown);
        Assert.Null(PassRecord.Read(content));
    }

    private static WorldChange Compare(byte[] content) => PassRecord.Read(content)?.Compare(_ => "state") ?? WorldChange.Unknown;
}
