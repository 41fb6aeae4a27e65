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
    public void An_edit_a_name_further_down_and_an_editors_files_do_not(string name) =>
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
        _directory.Write("src/bin/target", "");

        Assert.Equal(
            ["src/a-b.rs", "src/bin/a.rs", "src/bin/target", "src/main.rs"],
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
        var (before, read) = (_files.ListingOf(_directory["src"]), FileTable.ReadListingDigest(_directory["src"]));
        edit();
        _files.Refresh();

        Assert.Equal(changes, before != _files.ListingOf(_directory["src"]));
        Assert.Equal(changes, read != FileTable.ReadListingDigest(_directory["src"]));
    }
}
