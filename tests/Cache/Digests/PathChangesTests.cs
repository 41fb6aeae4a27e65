using BpfIncr.Cache.Digests;
using BpfIncr.Tests.Support;

namespace BpfIncr.Cache.Tests.Digests;

public sealed class PathChangesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public PathChangesTests()
    {
        _directory.Write("one/a/file", "1");
        _directory.Write("two/a/file", "2");
        File.CreateSymbolicLink(_directory["link"], "one");
        File.CreateSymbolicLink(_directory["far"], _directory["link"]);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_untouched_has_not_changed() => Assert.False(Changes("one/a/file", () => _directory.Write("one/b", "")));

    [Fact]
    public void A_name_that_comes_into_a_directory_above_is_no_change() => Assert.False(Changes("one/a/file", () => _directory.Write("one/a/other", "")));

    [Fact]
    public void What_is_not_there_has_not_changed() => Assert.False(Changes("one/nothing", () => _directory.Write("one/b", "")));

    [Fact]
    public void An_edited_file_has_changed() => Assert.True(Changes("one/a/file", () => _directory.Write("one/a/file", "3")));

    [Fact]
    public void A_file_that_took_the_place_of_another_has_changed() =>
        Assert.True(Changes("one/a/file", () => File.Move(_directory["two/a/file"], _directory["one/a/file"], overwrite: true)));

    [Fact]
    public void A_file_in_a_directory_that_took_the_place_of_another_has_changed() => Assert.True(Changes("one/a/file", TakePlaceOfOne));

    [Theory]
    [InlineData("link/a/file")]
    [InlineData("far/a/file")]
    public void A_file_behind_a_link_that_was_set_anew_has_changed(string file) => Assert.True(Changes(file, () =>
    {
        File.Delete(_directory["link"]);
        File.CreateSymbolicLink(_directory["link"], "two");
    }));

    [Fact]
    public void A_file_behind_a_link_to_a_directory_that_took_the_place_of_another_has_changed() =>
        Assert.True(Changes("far/a/file", TakePlaceOfOne));

    private void TakePlaceOfOne()
    {
        Directory.Move(_directory["one"], _directory["before"]);
        Directory.Move(_directory["two"], _directory["one"]);
    }

    private bool Changes(string file, Action edit)
    {
        FileClock.Settle();
        var moment = FileStamp.Of(_directory.Write("mark", "")).Changed;
        edit();
        return PathChanges.Since(moment, [_directory[file]]);
    }
}
