using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Actions.Proto;
using BpfIncr.Cache.Signing;
using BpfIncr.Cache.Tests.Actions;
using BpfIncr.Tests.Support;
using FsCheck.Xunit;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Tests.Signing;

public sealed class SignedResultTests : IDisposable
{
    private const int SignatureLength = 75;

    private readonly SigningKey _key = SigningKey.Generate();
    private readonly SigningKey _foreign = SigningKey.Generate();
    private readonly Signers _signers;
    private readonly byte[] _file;

    public SignedResultTests()
    {
        _signers = new Signers([_key.Public]);
        _file = ResultFile.Encode(_key.Sign(Samples.Result()));
    }

    public void Dispose()
    {
        _key.Dispose();
        _foreign.Dispose();
    }

    [Fact]
    public void What_a_signer_has_signed_is_accepted() => Assert.Null(_signers.ObjectionTo(_file));

    [Fact]
    public void What_any_of_several_signers_has_signed_is_accepted() =>
        Assert.Null(new Signers([_foreign.Public, _key.Public]).ObjectionTo(_file));

    [Fact]
    public void Where_nobody_is_named_everything_is_accepted()
    {
        Assert.Null(Signers.Anyone.ObjectionTo(_file));
        Assert.Null(Signers.Anyone.ObjectionTo(ResultFile.Encode(Samples.Result())));
    }

    [Fact]
    public void What_is_not_signed_is_not_accepted()
    {
        Assert.Equal("is not signed", _signers.ObjectionTo(ResultFile.Encode(Samples.Result())));
        Assert.Equal("is not signed", _signers.ObjectionTo(WithChecksum(Content(_file)[..^SignatureLength])));
        Assert.Equal("is not signed", _signers.ObjectionTo([]));
    }

    [Fact]
    public void What_a_stranger_has_signed_is_not_accepted() => Assert.Equal(
        $"is signed by {_foreign.Public.Id}, who is none of them",
        _signers.ObjectionTo(ResultFile.Encode(_foreign.Sign(Samples.Result()))));

    [Fact]
    public void A_signature_of_a_stranger_under_the_name_of_a_signer_is_not_accepted()
    {
        var content = Content(ResultFile.Encode(_foreign.Sign(Samples.Result())));
        _key.Public.IdBytes.CopyTo(content, content.Length - SignatureLength + 3);

        Assert.Equal($"is not what {_key.Public.Id} has signed", _signers.ObjectionTo(WithChecksum(content)));
    }

    [Fact]
    public void The_signature_of_one_result_is_none_of_another()
    {
        var other = Content(ResultFile.Encode(_key.Sign(Samples.Result("another output"))));
        byte[] mixed = [.. other[..^SignatureLength], .. Content(_file)[^SignatureLength..]];

        Assert.Equal($"is not what {_key.Public.Id} has signed", _signers.ObjectionTo(WithChecksum(mixed)));
    }

    [Fact]
    public void A_signature_of_zeros_is_none()
    {
        var content = Content(_file);
        content.AsSpan(content.Length - 64).Clear();

        Assert.Equal($"is not what {_key.Public.Id} has signed", _signers.ObjectionTo(WithChecksum(content)));
    }

    [Property(MaxTest = 1000)]
    public void A_changed_byte_anywhere_is_refused_whatever_the_checksum_says(uint at, byte change)
    {
        var content = Content(_file);
        content[at % content.Length] ^= change == 0 ? (byte)1 : change;

        Assert.NotNull(_signers.ObjectionTo(WithChecksum(content)));
    }

    [Property]
    public void A_changed_byte_anywhere_is_no_whole_file(uint at, byte change)
    {
        byte[] file = [.. _file];
        file[at % file.Length] ^= change == 0 ? (byte)1 : change;

        Assert.False(ResultFile.IsWhole(file));
        Assert.Null(ResultFile.Decode(file));
    }

    [Property]
    public void What_is_put_before_or_behind_or_left_out_is_refused(byte[] more, uint length)
    {
        var content = Content(_file);

        Assert.NotNull(_signers.ObjectionTo(WithChecksum(content[..(int)(length % content.Length)])));
        if (more.Length == 0)
            return;
        Assert.NotNull(_signers.ObjectionTo(WithChecksum([.. more, .. content])));
        Assert.NotNull(_signers.ObjectionTo(WithChecksum([.. content, .. more])));
    }

    [Fact]
    public void A_signed_result_says_what_it_said_before()
    {
        var (unsigned, signed) = (Samples.Result(), ResultFile.Decode(_file)!);

        Assert.Equal((unsigned.Identity, unsigned.Action.Key, unsigned.Elapsed), (signed.Identity, signed.Action.Key, signed.Elapsed));
        Assert.Equal(unsigned.Diagnostics, signed.Diagnostics);
        Assert.Equal((false, true), (unsigned.IsSigned, signed.IsSigned));
    }

    [Fact]
    public void A_program_that_knows_no_signatures_reads_the_same_message()
    {
        var message = ActionResult.Parser.WithDiscardUnknownFields(true).ParseFrom(Content(_file));

        Assert.Equal(ActionResult.Parser.ParseFrom(Content(_file)[..^SignatureLength]), message);
    }

    [Fact]
    public void A_signature_goes_wherever_the_result_goes()
    {
        using var here = new TemporaryDirectory();
        using var there = new TemporaryDirectory();
        var cache = new ActionCache(here.Path);
        cache.Add(ResultFile.Decode(_file)!);
        var found = new ActionCache(here.Path).TryGet(Samples.Action().Key)!;
        new ActionCache(there.Path).Replace(found);

        Assert.Equal(_file, File.ReadAllBytes(cache.PathOf(Samples.Action().Key)));
        Assert.Equal(_file, File.ReadAllBytes(new ActionCache(there.Path).PathOf(Samples.Action().Key)));
    }

    [Fact]
    public void What_is_signed_is_not_signed_again() =>
        Assert.Equal(_file, ResultFile.Encode(_foreign.Sign(ResultFile.Decode(_file)!)));

    [Fact]
    public void What_is_made_of_a_signed_result_is_not_signed()
    {
        var merged = StepResult.OfPathSets(Samples.Action(), [Digest.OfText("new")], ResultFile.Decode(_file));

        Assert.False(merged.IsSigned);
    }

    [Fact]
    public void A_result_whose_own_end_looks_like_a_signature_is_read_as_it_is()
    {
        // A field that nobody knows holds what would be a signature behind the message.
        byte[] content = [.. Content(_file)[..^SignatureLength], (15 << 3) | 2, SignatureLength, .. Content(_file)[^SignatureLength..]];

        var read = ResultFile.Decode(WithChecksum(content));

        Assert.Equal((Samples.Action().Key, false), (read?.Action.Key, read?.IsSigned));
        Assert.NotNull(_signers.ObjectionTo(WithChecksum(content)));
    }

    [Fact]
    public void Many_threads_sign_and_check_at_once()
    {
        Parallel.For(0, 200, i =>
        {
            var file = ResultFile.Encode(_key.Sign(Samples.Result(i.ToString(System.Globalization.CultureInfo.InvariantCulture))));
            Assert.Null(_signers.ObjectionTo(file));
            Assert.NotNull(_signers.ObjectionTo(WithChecksum([.. Content(file)[..^1], (byte)~file[^1]])));
        });
    }

    private static byte[] Content(byte[] file) => ResultFile.Content(file).ToArray();

    private static byte[] WithChecksum(byte[] content) => [.. Digest.Of(content).ToBytes(), .. content];
}
