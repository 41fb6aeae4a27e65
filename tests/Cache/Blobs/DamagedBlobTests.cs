using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Blobs;

public sealed class DamagedBlobTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly Digest _digest;
    private readonly List<Digest> _told = [];
    private readonly BlobStore _store;

    public DamagedBlobTests()
    {
        _digest = new BlobStore(_root.Path).Put("some content"u8);
        _store = new BlobStore(_root.Path, _told.Add);
    }

    public void Dispose() => _root.Dispose();

    public static TheoryData<string, string> Damages => new()
    {
        { "truncated", "some cont" },
        { "flipped", "some cOntent" },
        { "emptied", "" },
        { "extended", "some content\n" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_blob_is_never_served(string how, string content)
    {
        Damage(content);

        Assert.False(_store.Contains(_digest), how);
        Assert.Null(_store.TryRead(_digest));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_blob_is_told_once_and_goes_to_quarantine(string how, string content)
    {
        Damage(content);

        for (var i = 0; i < 3; i++)
            _store.Contains(_digest);

        Assert.Equal([_digest], _told);
        Assert.False(File.Exists(_store.PathOf(_digest)), how);
        Assert.Equal(content, File.ReadAllText(_root[$"quarantine/{_digest.Hash}"]));
    }

    [Fact]
    public void Putting_it_again_heals_it()
    {
        Damage("rotten");

        Assert.Equal(_digest, _store.Put("some content"u8));
        Assert.Equal("some content"u8.ToArray(), new BlobStore(_root.Path).TryRead(_digest));
    }

    [Fact]
    public void Adopting_it_again_heals_it()
    {
        Damage("rotten");

        Assert.Equal(_digest, _store.Adopt(_root.Write("file", "some content")));
        Assert.Equal("some content"u8.ToArray(), new BlobStore(_root.Path).TryRead(_digest));
    }

    [Fact]
    public void A_blob_that_is_damaged_twice_replaces_itself_in_quarantine()
    {
        Damage("rotten");
        _store.Put("some content"u8);
        Damage("rotten again");

        Assert.False(new BlobStore(_root.Path).Contains(_digest));
        Assert.Equal("rotten again", File.ReadAllText(_root[$"quarantine/{_digest.Hash}"]));
    }

    [Fact]
    public void A_directory_in_the_place_of_a_blob_is_taken_away()
    {
        File.Delete(_store.PathOf(_digest));
        Directory.CreateDirectory(_store.PathOf(_digest));

        Assert.Equal(_digest, _store.Put("some content"u8));
        Assert.Equal("some content"u8.ToArray(), new BlobStore(_root.Path).TryRead(_digest));
        Assert.Equal([_digest], _told);
    }

    [Fact]
    public void A_sound_blob_is_not_told()
    {
        Assert.True(_store.Contains(_digest));
        Assert.Empty(_told);
        Assert.False(Directory.Exists(_root["quarantine"]));
    }

    [Fact]
    public void Asking_for_a_sound_blob_with_another_size_does_not_hurt_it()
    {
        Assert.False(_store.Contains(Digest.FromBytes(_digest.ToBytes(), _digest.Size + 1)));

        Assert.True(new BlobStore(_root.Path).Contains(_digest));
    }

    private void Damage(string content)
    {
        var path = _store.PathOf(_digest);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, content);
    }
}
