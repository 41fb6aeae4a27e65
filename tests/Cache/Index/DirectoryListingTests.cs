using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Index;

public sealed class DirectoryListingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly FileTable _files;

    public DirectoryListingTests()
    {
        _index = IndexDatabase.Open(_directory["index.db"], _ => { });
        _files = new FileTable(_index, []);
        _directory.Write("src/main.rs", "");
        _directory.Write("src/bin/a.rs", "");
    }

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("src/new.rs")]
    [InlineData("src/new/file.rs")]
    public void A_new_name_changes_the_listing(string name) => AssertListing(changes: true, () => _directory.Write(name, ""));

    [Fact]
    public void A_name_that_goes_changes_the_listing() => AssertListing(changes: true, () => File.Delete(_directory["src/main.rs"]));

    [Fact]
    public void A_file_that_becomes_a_directory_changes_the_listing() => AssertListing(changes: true, () =>
    {
        File.Delete(_directory["src/main.rs"]);
        Directory.CreateDirectory(_directory["src/main.rs"]);
    });

    [Theory]
    [InlineData("src/main.rs")]
    [InlineData("src/bin/b.rs")]
    [InlineData("src/.main.rs.swp")]
    [InlineData("src/main.rs~")]
    [InlineData("src/target/debug/x")]
    public void An_edit_a_name_further_down_an_editors_files_and_what_cargo_builds_do_not(string name) =>
        AssertListing(changes: false, () => _directory.Write(name, "edited"));

    [Fact]
    public void One_pass_sees_one_listing()
    {
        var before = _files.ListingOf(_directory["src"]);
        _directory.Write("src/new.rs", "");

        Assert.Equal(before, _files.ListingOf(_directory["src"]));
        Assert.True(_files.Listings.ContainsKey(_directory["src"]));
    }

    [Fact]
    public void A_directory_in_which_something_came_that_does_not_count_gets_a_new_stamp()
    {
        FileClock.Settle();
        var (before, digest) = (FileStamp.Of(_directory["src"]), _files.ListingOf(_directory["src"]));
        _directory.Write("src/.main.rs.swp", "");
        _files.Restamp();

        Assert.NotEqual(before, _files.Listings[_directory["src"]].Stamp);
        Assert.Equal(FileStamp.Of(_directory["src"]), _files.Listings[_directory["src"]].Stamp);
        Assert.Equal(digest, _files.ListingOf(_directory["src"]));
    }

    [Fact]
    public void A_directory_in_which_something_came_that_counts_keeps_its_old_stamp()
    {
        FileClock.Settle();
        var seen = (_files.ListingOf(_directory["src"]), _files.Listings[_directory["src"]].Stamp);
        _directory.Write("src/new.rs", "");
        _files.Restamp();

        Assert.Equal(seen, (_files.ListingOf(_directory["src"]), _files.Listings[_directory["src"]].Stamp));
    }

    [Fact]
    public void A_directory_that_is_missing_lists_nothing()
    {
        Directory.CreateDirectory(_directory["empty"]);

        Assert.Equal(_files.ListingOf(_directory["empty"]), _files.ListingOf(_directory["missing"]));
    }

    [Fact]
    public void Files_below_come_in_order_without_hidden_ones_and_target()
    {
        _directory.Write("src/a-b.rs", "");
        _directory.Write("src/.git/config", "");
        _directory.Write("src/target/debug/x", "");

        Assert.Equal(
            ["src/a-b.rs", "src/bin/a.rs", "src/main.rs"],
            _files.FilesBelow(_directory["src"]).Select(f => Path.GetRelativePath(_directory.Path, f)));
        Assert.Equal([_directory["src"], _directory["src/bin"]], _files.Listings.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_directory_that_holds_a_link_to_itself_ends()
    {
        File.CreateSymbolicLink(_directory["src/one"], ".");
        File.CreateSymbolicLink(_directory["src/other"], ".");

        Assert.InRange(_files.FilesBelow(_directory["src"]).Take(1001).Count(), 2, 1000);
    }

    private void AssertListing(bool changes, Action edit)
    {
        var (before, read) = (_files.ListingOf(_directory["src"]), FileTable.ReadListing(_directory["src"]).Digest);
        edit();
        _files.Refresh();

        Assert.Equal(changes, before != _files.ListingOf(_directory["src"]));
        Assert.Equal(changes, read != FileTable.ReadListing(_directory["src"]).Digest);
    }
}
