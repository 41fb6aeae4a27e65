using System.Diagnostics;
using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;
using Microsoft.Data.Sqlite;

namespace BpfIncr.Cache.Tests.Index;

/// <summary>Another process keeps the index to itself: that is waited for once, and then it is as if there were none.</summary>
public sealed class LockedIndexTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;
    private int _told;

    public LockedIndexTests() => _path = _directory["index.db"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_cannot_be_written_is_waited_for_once_and_said_once()
    {
        using var index = Open();
        using var other = Lock("BEGIN IMMEDIATE");
        var clock = Stopwatch.StartNew();

        // One wait is 5 s: if each of these waited, they would take minutes.
        for (var i = 0; i < 100; i++)
            index.RememberMemo($"{i}", [1]);

        Assert.Equal(1, _told);
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 120);
        Assert.Null(index.Memo("0"));
    }

    [Fact]
    public void An_index_that_cannot_even_be_opened_knows_and_remembers_nothing_of_others()
    {
        Open().Dispose();
        using var other = Lock("PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; INSERT INTO memos VALUES('theirs', x'01'); COMMIT");

        using var index = Open();
        index.RememberMemo("ours", [2]);

        Assert.Equal(1, _told);
        Assert.Null(index.Memo("theirs"));
        Assert.Equal([2], index.Memo("ours"));
    }

    private IndexDatabase Open() => IndexDatabase.Open(_path, why => Assert.Fail(why), locked: () => _told++);

    private SqliteConnection Lock(string sql)
    {
        var connection = new SqliteConnection($"Data Source={_path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
        return connection;
    }
}
