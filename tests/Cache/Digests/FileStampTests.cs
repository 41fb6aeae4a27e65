using BpfIncr.Cache.Digests;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Digests;

public sealed class FileStampTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_path_with_nothing_there_is_missing()
    {
        Assert.Equal(FileStamp.Missing, FileStamp.Of(_directory["nothing"]));
        Assert.Equal(FileStamp.Missing, FileStamp.Of(_directory["no/such/directory"]));
        Assert.False(FileStamp.Missing.Exists);
    }

    [Fact]
    public void Tells_what_the_file_system_says()
    {
        var path = _directory.Write("file", "12345");
        var modified = new DateTime(2020, 2, 29, 12, 34, 56, 789, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, modified);

        var stamp = FileStamp.Of(path);

        Assert.True(stamp.Exists);
        Assert.Equal(5, stamp.Size);
        Assert.Equal((modified - DateTime.UnixEpoch).Ticks * 100, stamp.Modified);
        Assert.InRange(stamp.Changed, stamp.Modified + 1, FileStamp.Now());
    }

    [Fact]
    public void An_untouched_file_keeps_its_stamp()
    {
        var path = _directory.Write("file", "12345");

        Assert.Equal(FileStamp.Of(path), FileStamp.Of(path));
    }

    [Fact]
    public void An_edit_that_keeps_size_and_modification_time_shows_in_the_change_time()
    {
        var path = _directory.Write("file", "before");
        // Cut to what File.SetLastWriteTimeUtc can restore.
        var modified = File.GetLastWriteTimeUtc(path);
        File.SetLastWriteTimeUtc(path, modified);
        var before = FileStamp.Of(path);
        FileClock.Settle();

        using (var stream = new FileStream(path, FileMode.Open))
            stream.Write("behind"u8);
        File.SetLastWriteTimeUtc(path, modified);
        var after = FileStamp.Of(path);

        Assert.Equal((before.Size, before.Modified, before.Inode), (after.Size, after.Modified, after.Inode));
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void A_file_that_takes_the_place_of_another_has_another_inode()
    {
        var path = _directory.Write("file", "before");
        var before = FileStamp.Of(path);
        File.Move(_directory.Write("other", "behind"), path, overwrite: true);

        Assert.NotEqual(before.Inode, FileStamp.Of(path).Inode);
    }

    [Fact]
    public void A_link_has_the_stamp_of_what_it_leads_to()
    {
        var path = _directory.Write("file", "12345");
        File.CreateSymbolicLink(_directory["link"], path);
        File.CreateSymbolicLink(_directory["dangling"], _directory["nothing"]);

        Assert.Equal(FileStamp.Of(path), FileStamp.Of(_directory["link"]));
        Assert.Equal(FileStamp.Missing, FileStamp.Of(_directory["dangling"]));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(FileStamp.RacyNanoseconds - 1, true)]
    [InlineData(FileStamp.RacyNanoseconds, false)]
    [InlineData(-1, true)]
    public void A_change_is_racy_until_the_clock_has_moved_on(long age, bool racy)
    {
        var stamp = new FileStamp(1, 0, 1_000_000_000, 1);

        Assert.Equal(racy, stamp.IsRacy(stamp.Changed + age));
    }

    [Fact]
    public void What_is_missing_is_never_racy() => Assert.False(FileStamp.Missing.IsRacy(0));

    [Fact]
    public void Now_is_not_before_the_stamp_of_a_file_written_now()
    {
        var path = _directory.Write("file", "");

        Assert.InRange(FileStamp.Of(path).Changed, 1, FileStamp.Now());
    }
}
