using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;
using Microsoft.Data.Sqlite;

namespace BpfIncr.Cache.Tests.Index;

/// <summary>Whatever is in the index's rows is known or not known, and what a name says is never a statement.</summary>
public sealed class HostileRowsTests : IDisposable
{
    private const string Name = "x'; DROP TABLE files; DROP TABLE rows; --";
    private const int RowsAtOnce = 50;

    private static readonly Dictionary<string, int> Columns = new(StringComparer.Ordinal)
    {
        ["files"] = 7, ["rows"] = 6, ["outcomes"] = 4, ["inputs"] = 4, ["uses"] = 7, ["memos"] = 2,
    };

    private readonly TemporaryDirectory _directory = new();
    private readonly Random _random = new(1);
    private readonly Mutations _mutations = new([Encoding.UTF8.GetBytes("/w/a/main.rs"), Digest.OfText("a").ToBytes(), "{\"State\":\"Succeeded\"}"u8.ToArray()]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Whatever_is_in_a_row_is_no_exception()
    {
        IndexDatabase.Open(_directory["index.db"], Fail).Dispose();
        for (var i = 0; i < Amounts.Fuzz(5000); i += RowsAtOnce)
        {
            Insert();
            using var index = IndexDatabase.Open(_directory["index.db"], Fail);

            var failure = Record.Exception(() => AskEverything(index));

            Assert.True(failure is null, $"rows from {i} on: {failure}");
        }
    }

    [Fact]
    public void Names_that_are_statements_are_names()
    {
        var digest = Digest.OfText("content");
        using var index = IndexDatabase.Open(_directory["index.db"], Fail);
        index.RememberFiles([new($"/w/{Name}", new RememberedFile(new FileStamp(7, 1, 2, 3), digest))]);
        index.RememberSteps(Name, [new EndedStep($"{Name} link", new RememberedStep(digest, digest), Ran: true, Outcome: [1])]);
        index.RememberInputs(Name, Name, Guid.Empty, [new(Name, Name)]);
        index.RememberMemo(Name, [2]);

        Assert.Equal(digest.Hash, index.FileAt($"/w/{Name}")!.Value.Digest.Hash);
        Assert.Equal([$"{Name} link"], index.Steps(Name).Keys);
        Assert.Equal([(Name, Name)], index.Inputs(Name, Name, Guid.Empty)!);
        Assert.Equal([2], index.Memo(Name));
    }

    private static void Fail(string why) => Assert.Fail(why);

    private void Insert()
    {
        using var connection = new SqliteConnection($"Data Source={_directory["index.db"]};Pooling=False");
        connection.Open();
        using var transaction = connection.BeginTransaction();
        foreach (var table in Columns.Keys)
            Execute(connection, $"DELETE FROM {table}", []);
        for (var i = 0; i < RowsAtOnce; i++)
        {
            var (table, columns) = Columns.ElementAt(_random.Next(Columns.Count));
            var names = string.Join(", ", Enumerable.Range(0, columns).Select(c => $"$p{c}"));
            // A primary key may not be null in some tables, and is one only once.
            Execute(connection, $"INSERT OR IGNORE INTO {table} VALUES({names})", [.. Enumerable.Range(0, columns).Select(c => Value(c))]);
        }
        transaction.Commit();
    }

    // What the program asks for, often enough that a row is found; otherwise anything.
    private object Value(int column) => _random.Next(8) switch
    {
        0 => DBNull.Value,
        1 => _random.NextInt64(long.MinValue, long.MaxValue),
        2 => _random.NextDouble() * double.MaxValue,
        3 => Encoding.UTF8.GetString(_mutations.Next()),
        4 => _mutations.Next(),
        _ => column switch { 0 => "/w", 1 => "all", 2 => "a", _ => Digest.OfText("a").ToBytes() },
    };

    private static void Execute(SqliteConnection connection, string sql, object[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (value, i) in values.Select((v, i) => (v, i)))
            command.Parameters.AddWithValue($"$p{i}", value);
        command.ExecuteNonQuery();
    }

    private static void AskEverything(IndexDatabase index)
    {
        index.FilesBelow("");
        index.FilesBelow("/w");
        index.FileAt("/w");
        index.Steps("/w");
        index.Steps("/w", ["a"]);
        _ = index.Outcomes("/w", "a").Count();
        index.LastPass("/w");
        index.Inputs("/w", "all", Guid.Empty);
        index.Uses();
        index.Memo("/w");
        index.RememberLastPass("/w", [1], [new UseCount("all", "a", 1, TimeSpan.Zero, 1, TimeSpan.Zero, DateTime.UnixEpoch)]);
        index.RememberMemo("/w", [1]);
    }
}
