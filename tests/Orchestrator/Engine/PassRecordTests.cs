using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Engine;

/// <summary>A record of two files, a missing one and a directory; made at once, while all stamps are racy, or later.</summary>
public sealed class PassRecordTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IndexDatabase _index;
    private readonly string _shared, _source, _missing;
    private string _variable = "1";

    public PassRecordTests()
    {
        _index = IndexDatabase.Open(_directory["index.db"], _ => { });
        _shared = _directory.Write("w/Cargo.toml", "[package]");
        _source = _directory.Write("w/kit/lib.rs", "before");
        _missing = _directory["w/.cargo/config.toml"];
        _directory.Write("w/src/main.rs", "");
    }

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_changed(bool settled)
    {
        var change = Compare(Record(settled));

        Assert.True(change.IsNone);
        Assert.Equal(3, change.Objects);
    }

    [Fact]
    public void An_empty_directory_where_none_was_is_a_change()
    {
        var files = new FileTable(_index, []);
        files.ListingOf(_directory["w/bin"]);
        var record = PassRecord.Of(3, "", [], []).With(_ => _variable, [], files, new HashSet<string>());
        Assert.True(Compare(record).IsNone);

        Directory.CreateDirectory(_directory["w/bin"]);

        Assert.True(Compare(record).IsUnknown);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_edited_source_is_named(bool settled)
    {
        var record = Record(settled);
        var time = File.GetLastWriteTimeUtc(_source);
        File.WriteAllText(_source, "behind");
        File.SetLastWriteTimeUtc(_source, time);

        AssertNames(_source, Compare(record));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_touched_file_is_known_by_its_content_and_gets_a_new_stamp(bool settled)
    {
        var record = Record(settled);
        File.SetLastWriteTimeUtc(_source, DateTime.UtcNow);
        File.SetLastWriteTimeUtc(_shared, DateTime.UtcNow);

        var change = Compare(record);

        Assert.True(change.IsNone);
        Assert.Contains(_source, change.Restamped);
        Assert.Contains(_shared, change.Restamped);
        FileClock.Settle();
        var restamped = record.Restamp(change.Restamped);
        Assert.Empty(Compare(restamped).Restamped);
        AssertSees(restamped);
    }

    // As if the source had been edited within the same tick of the file system's clock.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stamp_is_believed_unless_it_proves_nothing(bool racy)
    {
        var record = Record(settled: true);
        var entries = record.Entries.Select(e => e.Key != _source
            ? e
            : KeyValuePair.Create(e.Key, e.Value with { Digest = Digest.OfText("edited since"), IsRacy = racy }));

        Assert.Equal(racy ? [_source] : [], Compare(PassRecord.Of(3, _variable, ["PATH", "TAG"], entries)).Paths);
    }

    [Fact]
    public void A_directory_in_which_an_editors_file_came_and_went_is_known_by_its_names()
    {
        var record = Record(settled: true);
        File.Delete(_directory.Write("w/src/.main.rs.swp", ""));

        Assert.True(Compare(record).IsNone);
        Assert.Equal([_directory["w/src"]], Compare(record).Restamped);
    }

    [Fact]
    public void A_path_that_is_not_what_it_was_gets_no_new_stamp()
    {
        var record = Record(settled: true);
        File.WriteAllText(_source, "behind");

        AssertNames(_source, Compare(record.Restamp([_source])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_deleted_source_is_named(bool settled)
    {
        var record = Record(settled);
        File.Delete(_source);

        AssertNames(_source, Compare(record));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_shared_file_that_changes_concerns_every_probe(bool settled)
    {
        var record = Record(settled);
        File.WriteAllText(_shared, "[package] # edited");

        Assert.True(Compare(record).IsUnknown);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_that_was_missing_and_appears_concerns_every_probe(bool settled)
    {
        var record = Record(settled);
        _directory.Write("w/.cargo/config.toml", "");

        Assert.True(Compare(record).IsUnknown);
    }

    [Theory]
    [InlineData(true, "w/src/new.rs")]
    [InlineData(false, "w/src/new.rs")]
    [InlineData(true, "w/src/bin/new.rs")]
    [InlineData(false, "w/src/bin/new.rs")]
    public void A_file_that_is_added_to_a_directory_concerns_every_probe(bool settled, string name)
    {
        var record = Record(settled);
        _directory.Write(name, "");

        Assert.True(Compare(record).IsUnknown);
    }

    [Fact]
    public void A_variable_that_changes_concerns_every_probe()
    {
        var record = Record(settled: true);
        _variable = "2";

        Assert.True(Compare(record).IsUnknown);
    }

    [Fact]
    public void The_variables_that_are_asked_for_are_those_that_were_recorded()
    {
        IReadOnlyCollection<string>? asked = null;
        Record(settled: true).Compare(names => (asked = names).Count.ToString());

        Assert.Equal(["PATH", "TAG"], asked);
    }

    [Fact]
    public void A_record_reads_back_from_its_bytes()
    {
        var record = Record(settled: false);

        var read = PassRecord.Read(record.Content.ToArray());

        Assert.NotNull(read);
        Assert.Equal((record.Objects, record.Environment), (read.Objects, read.Environment));
        Assert.Equal(record.Variables, read.Variables);
        Assert.Equal(record.Entries, read.Entries);
    }

    [Fact]
    public void A_later_pass_over_one_probe_renews_what_it_saw_and_keeps_the_rest()
    {
        var record = Record(settled: true);
        File.WriteAllText(_source, "behind");
        var files = new FileTable(_index, []);
        files.DigestOf(_source);

        var renewed = record.With(_ => _variable, [], files, new HashSet<string> { _source });

        Assert.True(Compare(renewed).IsNone);
        Assert.Equal(record.Entries.Select(e => e.Key).Order(), renewed.Entries.Select(e => e.Key).Order());
        File.WriteAllText(_shared, "[package] # edited");
        Assert.True(Compare(renewed).IsUnknown);
    }

    [Theory]
    [InlineData("behind")]
    [InlineData("[package]")]
    public void A_file_that_one_pass_saw_in_two_states_differs_in_the_next(string last)
    {
        var files = new FileTable(_index, []);
        foreach (var content in (string[])["[package]", "other", last])
        {
            File.WriteAllText(_source, content);
            files.LookAgainAt(_source);
        }

        var record = Record(settled: true).With(_ => _variable, [], files, new HashSet<string> { _source });

        Assert.Equal([_source], Compare(record).Paths);
        File.Delete(_source);
        Assert.Contains(_source, Compare(record).Paths);
    }

    private PassRecord Record(bool settled)
    {
        // Racy means: so young that the record cannot rely on the stamp. A machine that stalls gets another try.
        for (var tries = 0; ; tries++)
        {
            Assert.True(tries < 200, $"a record was never {(settled ? "settled" : "racy")}");
            if (settled)
                FileClock.Settle();
            else
                foreach (var path in (string[])[_shared, _source])
                    File.WriteAllText(path, File.ReadAllText(path));
            var files = new FileTable(_index, []);
            foreach (var path in (string[])[_shared, _source, _missing])
                files.DigestOf(path);
            files.ListingOf(_directory["w/src"]);
            var record = PassRecord.Of(3, "", ["PATH"], []).With(_ => _variable, ["TAG"], files, new HashSet<string> { _source });
            if (settled != record.Entries.Single(e => e.Key == _source).Value.IsRacy)
                return record;
        }
    }

    private WorldChange Compare(PassRecord record) => record.Compare(_ => _variable);

    private void AssertSees(PassRecord record)
    {
        File.WriteAllText(_source, "behind");
        AssertNames(_source, Compare(record));
    }

    private static void AssertNames(string path, WorldChange change)
    {
        Assert.False(change.IsUnknown);
        Assert.Equal([path], change.Paths);
    }
}
