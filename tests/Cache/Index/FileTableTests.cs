using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Index;

public sealed class FileTableTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly FileTable _files;

    public FileTableTests()
    {
        _index = IndexDatabase.Open(_directory["index.db"], _ => { });
        _files = new FileTable(_index, [_directory["src"]]);
    }

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_file_has_the_digest_of_its_content()
    {
        var path = _directory.Write("src/a", "content");

        Assert.Equal(Digest.OfText("content"), _files.DigestOf(path));
        Assert.Equal(Digest.OfText("content"), _files.Files[path].Digest);
        Assert.Equal(_files.Files[path], FileTable.ReadFile(path));
    }

    [Fact]
    public void What_is_missing_or_no_file_has_no_digest_and_is_remembered_as_missing()
    {
        Directory.CreateDirectory(_directory["src/directory"]);

        foreach (var path in (string[])[_directory["src/nothing"], _directory["src/directory"]])
        {
            Assert.Null(_files.DigestOf(path));
            Assert.Equal(FileStamp.Missing, _files.Files[path].Stamp);
            Assert.Equal(FileStamp.Missing, FileTable.ReadFile(path).Stamp);
        }
    }

    [Fact]
    public void A_path_is_as_seen_as_long_as_it_holds_what_it_held()
    {
        string file = _directory.Write("src/a", "before"), missing = _directory["src/nothing"];
        _files.DigestOf(file);
        _files.DigestOf(missing);
        _files.ListingOf(_directory["src"]);
        _directory.Write("src/a", "before");
        Assert.All((string[])[file, missing, _directory["src"], _directory["src/never"]], p => Assert.True(_files.IsAsSeen(p)));
        _directory.Write("src/a", "behind");
        _directory.Write("src/nothing", "");

        Assert.All((string[])[file, missing, _directory["src"]], p => Assert.False(_files.IsAsSeen(p)));
    }

    [Fact]
    public void Names_below_a_directory_that_have_changed_since_they_were_seen_are_seen_anew()
    {
        _directory.Write("src/sub/a", "");
        _ = _files.FilesBelow(_directory["src"]).ToList();
        FileClock.Settle();
        var since = FileStamp.Of(_directory.Write("mark", "")).Changed;
        Assert.False(_files.LookAgainBelow(_directory["src"], since));
        var added = _directory.Write("src/sub/b", "");

        Assert.True(_files.LookAgainBelow(_directory["src"], since));
        Assert.Contains(added, _files.FilesBelow(_directory["src"]));
        Assert.True(_files.IsUnsettled(_directory["src/sub"]));
        Assert.False(_files.LookAgainBelow(_directory["src"], since));
    }

    [Fact]
    public void Names_that_were_never_seen_can_have_been_others_when_they_changed_since()
    {
        _directory.Write("src/a", "");
        FileClock.Settle();
        var since = FileStamp.Of(_directory.Write("mark", "")).Changed;
        Assert.False(new FileTable(_index, []).LookAgainBelow(_directory["src"], since));
        FileClock.Settle();
        _directory.Write("src/b", "");

        Assert.True(new FileTable(_index, []).LookAgainBelow(_directory["src"], since));
    }

    [Fact]
    public void A_digest_of_this_moment_is_not_among_what_the_pass_has_looked_at()
    {
        var path = _directory.Write("src/a", "before");
        Assert.Equal(Digest.OfText("before"), _files.DigestNow(path));
        _directory.Write("src/a", "behind");

        Assert.Equal(Digest.OfText("behind"), _files.DigestNow(path));
        Assert.Null(_files.DigestNow(_directory["src/nothing"]));
        Assert.Empty(_files.Files);
    }

    [Fact]
    public void One_pass_sees_one_state_and_the_next_sees_the_edit()
    {
        var path = _directory.Write("src/a", "before");
        var before = _files.DigestOf(path);
        _directory.Write("src/a", "behind");

        Assert.Equal(before, _files.DigestOf(path));
        _files.Refresh();
        Assert.Equal(Digest.OfText("behind"), _files.DigestOf(path));
    }

    [Fact]
    public void An_edit_under_the_old_size_and_time_is_seen()
    {
        var path = _directory.Write("src/a", "before");
        var time = File.GetLastWriteTimeUtc(path);
        FileClock.Settle();
        _files.DigestOf(path);
        _files.Save();

        File.WriteAllText(path, "behind");
        File.SetLastWriteTimeUtc(path, time);

        Assert.Equal(Digest.OfText("behind"), NextProcess().DigestOf(path));
        _files.Refresh();
        Assert.Equal(Digest.OfText("behind"), _files.DigestOf(path));
    }

    [Fact]
    public void What_the_caller_wrote_is_believed_without_a_look_and_proves_nothing_later()
    {
        var path = _directory.Write("src/a", "before");
        _files.DigestOf(path);
        _directory.Write("src/a", "behind");

        _files.Wrote(path, Digest.OfText("behind"));

        Assert.Equal(Digest.OfText("behind"), _files.DigestOf(path));
        Assert.Equal(FileStamp.Of(path), _files.Files[path].Stamp);
        Assert.True(_files.IsRacy(path));
    }

    [Fact]
    public void A_file_is_racy_when_it_was_looked_at_too_soon_however_long_ago_that_was()
    {
        var (young, old) = (_directory["src/young"], _directory.Write("src/old", "content"));
        FileClock.Settle();
        // A machine that stalls gets another try.
        for (var tries = 0; tries < 100 && !_files.IsRacy(young); tries++)
        {
            _files.Refresh();
            _directory.Write("src/young", "content");
            _files.DigestOf(young);
            _files.DigestOf(old);
        }
        FileClock.Settle();

        Assert.True(_files.IsRacy(young));
        Assert.False(_files.IsRacy(old));
        _files.Refresh();
        _files.DigestOf(young);
        Assert.False(_files.IsRacy(young));
    }

    [Fact]
    public void A_file_that_is_seen_in_two_states_proves_nothing_until_the_next_pass()
    {
        var (a, b) = (_directory.Write("src/a", "before"), _directory.Write("src/b", "before"));
        (_files.DigestOf(a), _files.DigestOf(b)).ToString();
        _directory.Write("src/a", "behind");

        Assert.Equal(Digest.OfText("behind"), _files.LookAgainAt(a));
        Assert.Equal(Digest.OfText("before"), _files.LookAgainAt(b));
        _directory.Write("src/a", "before");
        _files.LookAgainAt(a);

        Assert.True(_files.IsUnsettled(a));
        Assert.False(_files.IsUnsettled(b));
        _files.Refresh();
        Assert.False(_files.IsUnsettled(a));
    }

    [Fact]
    public void A_file_that_appears_is_seen_after_a_refresh()
    {
        Assert.Null(_files.DigestOf(_directory["src/a"]));
        _directory.Write("src/a", "content");
        _files.Refresh();

        Assert.Equal(Digest.OfText("content"), _files.DigestOf(_directory["src/a"]));
    }

    [Fact]
    public void A_settled_file_is_remembered_and_not_read_again()
    {
        var path = _directory.Write("src/a", "content");
        FileClock.Settle();
        _files.DigestOf(path);
        _files.Save();
        // What the index says of this stamp is believed without a look: that is how one sees that nothing was read.
        var stamp = FileStamp.Of(path);
        Assert.Equal(Digest.OfText("content"), _index.FileAt(path)?.Digest);
        _index.RememberFiles([new(path, new RememberedFile(stamp, Digest.FromBytes(Digest.OfText("believed").ToBytes(), stamp.Size)))]);

        Assert.Equal(Digest.OfText("believed").Hash, NextProcess().DigestOf(path)?.Hash);
        Assert.Equal(Digest.OfText("believed").Hash, new FileTable(_index, []).DigestOf(path)?.Hash);
    }

    [Fact]
    public void A_racy_file_is_not_remembered()
    {
        var path = _directory["src/a"];
        FileStamp seen;
        // A machine that stalls here lets the file age: then it is written again.
        do
        {
            _directory.Write("src/a", "content");
            seen = FileStamp.Of(path);
            _files.Refresh();
            _files.DigestOf(path);
            _files.Save();
        }
        while (!seen.IsRacy(FileStamp.Now()));

        Assert.NotEqual(seen, _index.FileAt(path)?.Stamp);
    }

    [Fact]
    public void Edits_in_quick_succession_are_all_seen()
    {
        var path = _directory.Write("src/a", "");
        for (var i = 0; i < 300; i++)
        {
            using (var stream = new FileStream(path, FileMode.Open))
                stream.Write([(byte)i]);
            _files.Refresh();
            Assert.Equal(Digest.Of([(byte)i]), _files.DigestOf(path));
            _files.Save();
        }
    }

    private FileTable NextProcess() => new(_index, [_directory["src"]]);
}
