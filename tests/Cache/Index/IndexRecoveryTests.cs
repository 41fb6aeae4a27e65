using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Tests.Support;
using FsCheck.Xunit;
using Microsoft.Data.Sqlite;

namespace BpfIncr.Cache.Tests.Index;

public sealed class IndexRecoveryTests : IDisposable
{
    private static readonly Guid Pass = new("0123456789abcdef0123456789abcdef");

    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _replaced = [];
    private readonly string _path;

    public IndexRecoveryTests() => _path = _directory["index.db"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_that_is_no_database_is_replaced()
    {
        _directory.Write("index.db", new string('x', 10_000));

        AssertWorks();
        Assert.Equal(["it is damaged"], _replaced);
    }

    [Fact]
    public void An_empty_file_becomes_an_index()
    {
        _directory.Write("index.db", "");

        AssertWorks();
        Assert.Empty(_replaced);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void An_index_of_another_version_is_replaced(int version)
    {
        Fill();
        Sql($"PRAGMA user_version={version}");

        AssertWorks();
        Assert.Equal(["it was written by another version"], _replaced);
    }

    [Fact]
    public void An_index_that_was_deleted_is_made_again()
    {
        Fill();
        File.Delete(_path);

        AssertWorks();
        Assert.Empty(_replaced);
    }

    [Fact]
    public void A_truncated_index_is_replaced_or_knows_less()
    {
        Fill();
        using (var file = File.OpenWrite(_path))
            file.SetLength(file.Length / 2);

        AssertWorks();
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_an_IO_error()
    {
        _directory.Write("file", "");

        Assert.ThrowsAny<IOException>(() => IndexDatabase.Open(_directory["file/index.db"], _replaced.Add));
    }

    [Fact]
    public void A_directory_in_the_place_of_the_index_is_an_IO_error()
    {
        Directory.CreateDirectory(_path);

        Assert.ThrowsAny<IOException>(() => IndexDatabase.Open(_path, _replaced.Add));
    }

    [Fact]
    public void A_database_of_another_program_is_replaced()
    {
        Sql("CREATE TABLE files(name TEXT)");

        AssertWorks();
        Assert.NotEmpty(_replaced);
    }

    [Theory]
    [InlineData("INSERT INTO files VALUES('/w/a', 1, 2, 3, 4, NULL, 5)")]
    [InlineData("INSERT INTO files VALUES('/w/a', 1, 2, 3, 4, x'00', 5)")]
    [InlineData("INSERT INTO files VALUES('/w/a', NULL, 2, 3, 4, zeroblob(32), 5)")]
    [InlineData("INSERT INTO files VALUES('/w/a', 1, 2, 3, 4, 'text', 5)")]
    [InlineData("INSERT INTO rows VALUES('/w', 'link a', NULL, 1, NULL, 1)")]
    [InlineData("INSERT INTO rows VALUES('/w', 'link a', x'00', 1, x'00', 1)")]
    [InlineData("INSERT INTO inputs VALUES('/w', 'all', 'a', NULL)")]
    [InlineData("INSERT INTO inputs VALUES('/w', 'all', 'a', 'text')")]
    [InlineData("INSERT INTO memos VALUES('m', 7)")]
    public void A_row_that_makes_no_sense_is_not_known(string row)
    {
        IndexDatabase.Open(_path, _replaced.Add).Dispose();
        Sql(row);

        using var index = IndexDatabase.Open(_path, _replaced.Add);

        AskEverything(index);
    }

    [Theory]
    [InlineData("UPDATE inputs SET paths = CAST(replace(CAST(paths AS TEXT), '/w/a', '/w/b') AS BLOB)")]
    [InlineData("UPDATE inputs SET probe = 'c' WHERE probe = 'a'")]
    [InlineData("UPDATE inputs SET workspace = '/v' WHERE probe = 'a'")]
    [InlineData("DELETE FROM inputs WHERE probe = 'b'")]
    [InlineData("INSERT INTO inputs SELECT workspace, request, 'c', paths FROM inputs WHERE probe = 'b'")]
    public void Inputs_of_probes_of_which_one_is_lost_or_another_are_not_known(string sql)
    {
        using (var index = IndexDatabase.Open(_path, _replaced.Add))
        {
            index.RememberInputs("/w", "all", Pass, [new("a", "\n/w/a\n/w/shared\n"), new("b", "\n/w/b\n/w/shared\n")]);
            Assert.NotNull(index.Inputs("/w", "all", Pass));
        }
        Sql(sql);

        using var damaged = IndexDatabase.Open(_path, _replaced.Add);

        Assert.Null(damaged.Inputs("/w", "all", Pass));
    }

    [Theory]
    [InlineData("hash = zeroblob(32)")]
    [InlineData("modified = modified + 1")]
    [InlineData("path = '/w/b'")]
    public void A_file_of_which_something_has_flipped_is_not_known(string change)
    {
        using (var index = IndexDatabase.Open(_path, _replaced.Add))
        {
            index.RememberFiles([new("/w/a", new RememberedFile(new FileStamp(1, 2, 3, 4), Digest.OfText("a")))]);
            Assert.NotNull(index.FileAt("/w/a"));
        }
        Sql($"UPDATE files SET {change}");

        using var damaged = IndexDatabase.Open(_path, _replaced.Add);

        Assert.Empty(damaged.FilesBelow("/w"));
        Assert.True(damaged.FileAt("/w/a") is null && damaged.FileAt("/w/b") is null);
    }

    [Fact]
    public void An_answer_in_which_a_bit_has_flipped_is_not_known()
    {
        using (var index = IndexDatabase.Open(_path, _replaced.Add))
            index.RememberMemo("m", [.. "{\"features\":[\"a\"]}"u8]);
        Sql("UPDATE memos SET value = CAST(replace(CAST(value AS TEXT), '\"a\"', '\"b\"') AS BLOB)");

        using var damaged = IndexDatabase.Open(_path, _replaced.Add);

        Assert.Null(damaged.Memo("m"));
    }

    // SQLite has no checksums: a flipped bit is noticed where it happens to be, and never by an exception.
    [Property(MaxTest = 200)]
    public void A_flipped_byte_anywhere_costs_knowledge_and_nothing_else(uint at, byte change) =>
        AssertFlipIsHarmless(at, change == 0 ? (byte)0x80 : change);

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x79)]
    [InlineData(0xff)]
    public void A_flipped_byte_of_the_header_costs_knowledge_and_nothing_else(byte change)
    {
        for (var at = 0u; at < 100; at++)
            AssertFlipIsHarmless(at, change);
    }

    private void AssertFlipIsHarmless(uint at, byte change)
    {
        if (!File.Exists(_directory["intact.db"]))
        {
            Fill();
            File.Copy(_path, _directory["intact.db"]);
        }
        var content = File.ReadAllBytes(_directory["intact.db"]);
        content[at % content.Length] ^= change;
        File.WriteAllBytes(_path, content);

        var failure = Record.Exception(() =>
        {
            using var index = IndexDatabase.Open(_path, _replaced.Add);
            AskEverything(index);
            index.RememberMemo("new", [1]);
        });

        Assert.True(failure is null, $"byte {at % content.Length} ^ {change}: {failure}");
    }

    private static void AskEverything(IndexDatabase index)
    {
        index.FilesBelow("/w");
        index.FileAt("/w/a");
        index.Steps("/w");
        index.Inputs("/w", "all", Pass);
        index.Memo("m");
    }

    private void Fill()
    {
        using var index = IndexDatabase.Open(_path, _replaced.Add);
        index.RememberFiles(Enumerable.Range(0, 50).Select(i => KeyValuePair.Create(
            $"/w/{(char)('a' + (i % 26))}/{i}", new RememberedFile(new FileStamp(i, i, i, (ulong)i), Digest.OfText($"{i}")))));
        for (var i = 0; i < 20; i++)
            index.RememberSteps("/w", [new EndedStep($"link {i}", new RememberedStep(Digest.OfText($"k{i}"), Digest.OfText($"i{i}")), Ran: true, Outcome: null)]);
        index.RememberMemo("m", new byte[3000]);
    }

    private void AssertWorks()
    {
        using var index = IndexDatabase.Open(_path, _replaced.Add);
        index.RememberMemo("m", [1, 2, 3]);
        Assert.Equal([1, 2, 3], index.Memo("m"));
    }

    private void Sql(string text)
    {
        using var connection = new SqliteConnection($"Data Source={_path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
