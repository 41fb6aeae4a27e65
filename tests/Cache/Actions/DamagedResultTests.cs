using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Actions.Proto;
using BpfIncr.Tests.Support;
using FsCheck.Xunit;
using Google.Protobuf;
using Digest = BpfIncr.Cache.Digests.Digest;
using Directory = System.IO.Directory;
using ProtoDigest = BpfIncr.Cache.Actions.Proto.Digest;

namespace BpfIncr.Cache.Tests.Actions;

public sealed class DamagedResultTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly List<Digest> _told = [];
    private readonly ActionCache _cache;
    private readonly Digest _key;
    private readonly byte[] _content;

    public DamagedResultTests()
    {
        _cache = new ActionCache(_root.Path, _told.Add);
        _key = _cache.Add(Samples.Result()).Action.Key;
        _content = File.ReadAllBytes(_cache.PathOf(_key));
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void The_undamaged_result_is_a_hit() => Assert.NotNull(_cache.TryGet(_key));

    [Property]
    public void A_flipped_byte_anywhere_is_a_miss(uint at, byte change)
    {
        byte[] damaged = [.. _content];
        damaged[at % damaged.Length] ^= change == 0 ? (byte)1 : change;

        AssertMissAndRemoved(damaged);
    }

    [Property]
    public void A_truncation_anywhere_is_a_miss(uint length) => AssertMissAndRemoved(_content[..(int)(length % _content.Length)]);

    [Property]
    public void Garbage_is_a_miss(byte[] garbage) => AssertMissAndRemoved(garbage);

    [Property]
    public void Something_appended_is_a_miss(byte more) => AssertMissAndRemoved([.. _content, more]);

    // What another program wrote, or somebody who knows the format, is not trusted for its checksum.
    [Property(MaxTest = 1000)]
    public void A_change_with_a_right_checksum_gives_a_result_of_that_action_or_a_miss(uint at, byte change)
    {
        var payload = _content[Digest.HashLength..];
        payload[at % payload.Length] ^= change;
        Overwrite([.. Digest.Of(payload).ToBytes(), .. payload]);

        var read = _cache.TryGet(_key);

        Assert.True(read is null || read.Action.Key == _key);
    }

    [Property]
    public void A_truncation_with_a_right_checksum_is_a_miss_or_a_result_of_that_action(uint length)
    {
        var payload = _content[Digest.HashLength..];
        payload = payload[..(int)(length % payload.Length)];
        Overwrite([.. Digest.Of(payload).ToBytes(), .. payload]);

        var read = _cache.TryGet(_key);

        Assert.True(read is null || read.Action.Key == _key);
    }

    [Fact]
    public void A_result_under_the_key_of_another_action_is_a_miss_and_removed()
    {
        var other = Samples.Action("another").Key;
        Directory.CreateDirectory(Path.GetDirectoryName(_cache.PathOf(other))!);
        File.Copy(_cache.PathOf(_key), _cache.PathOf(other));

        Assert.Null(_cache.TryGet(other));
        Assert.Equal([other], _told);
        Assert.False(File.Exists(_cache.PathOf(other)));
    }

    [Fact]
    public void A_directory_in_the_place_of_a_result_is_taken_away()
    {
        File.Delete(_cache.PathOf(_key));
        Directory.CreateDirectory(_cache.PathOf(_key));

        _cache.Add(Samples.Result());

        Assert.NotNull(new ActionCache(_root.Path).TryGet(_key));
        Assert.Equal([_key], _told);
    }

    [Fact]
    public void A_result_with_two_outputs_of_one_name_is_a_miss() =>
        AssertMissAndRemoved(WithChecksum(Changed(m => m.OutputFiles.Add(m.OutputFiles[0]))));

    [Fact]
    public void A_foreign_result_without_our_record_is_a_miss()
    {
        var foreign = new ActionResult { ExitCode = 0 };
        foreign.OutputFiles.Add(new OutputFile { Path = "a", Digest = new ProtoDigest { Hash = Digest.OfText("a").Hash, SizeBytes = 1 } });

        AssertMissAndRemoved(WithChecksum(foreign));
    }

    [Fact]
    public void An_output_with_a_malformed_digest_is_a_miss() =>
        AssertMissAndRemoved(WithChecksum(Changed(m => m.OutputFiles[0].Digest.Hash = "../../../etc/passwd")));

    [Fact]
    public void A_result_without_times_is_no_exception()
    {
        Overwrite(WithChecksum(Changed(m => m.ExecutionMetadata.ExecutionStartTimestamp = null)));
        _cache.TryGet(_key);

        Overwrite(WithChecksum(Changed(m => m.ExecutionMetadata.ExecutionCompletedTimestamp = null)));
        _cache.TryGet(_key);
    }

    [Fact]
    public void A_result_from_before_all_times_is_no_exception()
    {
        var content = WithChecksum(Changed(m =>
        {
            m.ExecutionMetadata.ExecutionStartTimestamp.Seconds = long.MinValue;
            m.ExecutionMetadata.ExecutionCompletedTimestamp.Seconds = long.MaxValue;
        }));

        AssertMissAndRemoved(content);
    }

    private ActionResult Changed(System.Action<ActionResult> change)
    {
        var message = ActionResult.Parser.ParseFrom(_content.AsSpan(Digest.HashLength));
        change(message);
        return message;
    }

    private static byte[] WithChecksum(ActionResult message)
    {
        var payload = message.ToByteArray();
        return [.. Digest.Of(payload).ToBytes(), .. payload];
    }

    private void AssertMissAndRemoved(byte[] content)
    {
        Overwrite(content);
        _told.Clear();

        Assert.Null(_cache.TryGet(_key));
        Assert.Equal([_key], _told);
        Assert.False(File.Exists(_cache.PathOf(_key)));
    }

    private void Overwrite(byte[] content) => File.WriteAllBytes(_cache.PathOf(_key), content);
}
