using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Tests.Support;
using FsCheck.Xunit;

namespace BpfIncr.Cache.Tests.Digests;

public sealed class DigestTests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0)]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3)]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", 56)]
    public void Is_the_SHA256_of_the_content_and_its_size(string content, string hash, long size)
    {
        var digest = Digest.Of(Encoding.ASCII.GetBytes(content));

        Assert.Equal(hash, digest.Hash);
        Assert.Equal(size, digest.Size);
        Assert.Equal($"{hash}/{size}", digest.ToString());
        Assert.Equal(hash[..12], digest.Short);
    }

    [Fact]
    public void Text_is_hashed_as_UTF8() =>
        Assert.Equal(Digest.Of([0xc3, 0xa4]), Digest.OfText("ä"));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(128 * 1024)]
    [InlineData((128 * 1024) + 1)]
    [InlineData(1_000_003)]
    public void A_file_has_the_digest_of_its_bytes(int size)
    {
        using var directory = new TemporaryDirectory();
        var content = new byte[size];
        new Random(size).NextBytes(content);
        File.WriteAllBytes(directory["file"], content);

        Assert.Equal(Digest.Of(content), Digest.OfFile(directory["file"]));
    }

    [Property]
    public void Hash_and_size_read_back(byte[] content)
    {
        var digest = Digest.Of(content);

        Assert.True(Digest.TryParse(digest.Hash, digest.Size, out var parsed));
        Assert.Equal(digest, parsed);
        Assert.Equal(digest, Digest.FromBytes(digest.ToBytes(), digest.Size));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", 0)]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555", 0)]
    [InlineData("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", 0)]
    [InlineData("g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0)]
    [InlineData("../../../../../../../../../../../../../../../../../../../../etc", 0)]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", -1)]
    public void What_is_no_lowercase_SHA256_does_not_parse(string? hash, long size)
    {
        Assert.False(Digest.TryParse(hash, size, out var digest));
        Assert.Equal(default, digest);
    }

    [Property]
    public void The_order_is_that_of_the_hashes(byte[] one, byte[] other)
    {
        var (a, b) = (Digest.Of(one), Digest.Of(other));
        var expected = Math.Sign(string.CompareOrdinal(a.Hash, b.Hash));

        Assert.Equal(expected, Math.Sign(a.CompareTo(b)));
        Assert.Equal(expected < 0, a < b);
        Assert.Equal(expected > 0, a > b);
        Assert.Equal(expected <= 0, a <= b);
        Assert.Equal(expected >= 0, a >= b);
    }

    [Fact]
    public void The_size_is_part_of_the_identity()
    {
        var hash = Digest.OfText("abc").ToBytes();
        var (three, four) = (Digest.FromBytes(hash, 3), Digest.FromBytes(hash, 4));

        Assert.NotEqual(three, four);
        Assert.True(three < four);
    }

    [Fact]
    public void Every_byte_of_the_hash_is_part_of_the_order()
    {
        for (var i = 0; i < Digest.HashLength; i++)
        {
            var hash = new byte[Digest.HashLength];
            var low = Digest.FromBytes(hash, 0);
            hash[i] = 0x80;
            Assert.True(low < Digest.FromBytes(hash, 0), $"byte {i}");
        }
    }
}
