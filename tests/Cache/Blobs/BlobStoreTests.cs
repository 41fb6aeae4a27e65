using System.Text;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Tests.Support;
using FsCheck.Xunit;

namespace BpfIncr.Cache.Tests.Blobs;

public sealed class BlobStoreTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly BlobStore _store;

    public BlobStoreTests() => _store = new BlobStore(_root.Path);

    public void Dispose() => _root.Dispose();

    [Property(MaxTest = 30)]
    public void What_was_put_is_read_by_another_process(byte[] content)
    {
        var digest = _store.Put(content);

        Assert.Equal(Digest.Of(content), digest);
        Assert.Equal(content, new BlobStore(_root.Path).TryRead(digest));
    }

    [Fact]
    public void A_blob_lies_under_its_hash_and_cannot_be_written()
    {
        var digest = _store.Put("abc"u8);
        var path = _root["blobs/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"];

        Assert.Equal(path, _store.PathOf(digest));
        Assert.Equal("abc", File.ReadAllText(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));
    }

    [Fact]
    public void What_was_never_put_is_not_there()
    {
        Assert.False(_store.Contains(Digest.OfText("never")));
        Assert.Null(_store.TryRead(Digest.OfText("never")));
    }

    [Fact]
    public void A_blob_that_somebody_deletes_is_not_there_any_more_and_can_be_put_again()
    {
        var digest = _store.Put("abc"u8);
        File.Delete(_store.PathOf(digest));

        Assert.False(_store.Contains(digest));
        Assert.Null(_store.TryRead(digest));
        Assert.Equal(digest, _store.Put("abc"u8));
        Assert.True(_store.Contains(digest));
    }

    [Fact]
    public void Putting_a_file_copies_it()
    {
        var file = _root.Write("file", "content");
        var digest = _store.PutFile(file);
        File.WriteAllText(file, "edited");

        Assert.Equal("content"u8.ToArray(), _store.TryRead(digest));
        Assert.Equal(digest, _store.PutFile(_root.Write("again", "content")));
    }

    [Fact]
    public void Adopting_a_file_takes_it_away_and_stores_it()
    {
        var directory = _store.NewWorkDirectory();
        var file = Path.Combine(directory, "output");
        File.WriteAllText(file, "content");

        var digest = _store.Adopt(file);

        Assert.False(File.Exists(file));
        Assert.Equal("content"u8.ToArray(), new BlobStore(_root.Path).TryRead(digest));
    }

    [Fact]
    public void Adopting_what_is_there_already_keeps_the_first_file()
    {
        var digest = _store.Put("content"u8);
        var before = FileStamp.Of(_store.PathOf(digest));
        var file = Path.Combine(_store.NewWorkDirectory(), "output");
        File.WriteAllText(file, "content");

        Assert.Equal(digest, _store.Adopt(file));
        Assert.Equal(before, FileStamp.Of(_store.PathOf(digest)));
    }

    [Fact]
    public void Two_work_directories_are_two()
    {
        Assert.NotEqual(_store.NewWorkDirectory(), _store.NewWorkDirectory());
        Assert.StartsWith(_root["blobs/tmp/"], _store.NewWorkDirectory(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_writers_of_the_same_blobs_do_not_disturb_each_other()
    {
        var contents = Enumerable.Range(0, 20).Select(i => Encoding.ASCII.GetBytes(new string((char)('a' + i), 5000 + i))).ToList();
        using var start = new Barrier(4);

        var digests = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var store = new BlobStore(_root.Path, d => Assert.Fail($"{d} was found damaged"));
                start.SignalAndWait(TestContext.Current.CancellationToken);
                return contents.Select(c => store.Put(c)).ToList();
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(digests, d => Assert.Equal(contents.Select(c => Digest.Of(c)), d));
        var reader = new BlobStore(_root.Path);
        Assert.All(contents, c => Assert.Equal(c, reader.TryRead(Digest.Of(c))));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root["blobs/tmp"]));
    }

    [Fact]
    public void What_a_killed_writer_left_does_not_matter()
    {
        _root.Write("blobs/tmp/0123456789abcdef0123456789abcdef", "hal");
        _root.Write("blobs/tmp/fedcba9876543210fedcba9876543210/output", "hal");

        Assert.False(_store.Contains(Digest.OfText("hal")));
        Assert.False(_store.Contains(Digest.OfText("half")));
        Assert.Equal("half"u8.ToArray(), _store.TryRead(_store.Put("half"u8)));
    }
}
