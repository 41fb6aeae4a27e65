using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;
using Microsoft.Data.Sqlite;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>The index cannot be used: a build is right all the same, and says so once.</summary>
public sealed class IndexFaultTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const string Warning =
        "warning BPFI1053: another process keeps the cache's index to itself\n  help nothing is remembered; the next build looks at more than it would have to\n";

    [Theory]
    [InlineData("BEGIN IMMEDIATE")]
    [FurtherData("PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; DELETE FROM memos; COMMIT")]
    public void A_build_beside_a_process_that_keeps_the_index_is_right_with_one_warning(string sql)
    {
        var checkout = checkouts.NewWithOwnCache();
        checkout.Replace("tiny/src/bin/pass.rs", "XDP_PASS\n}", "XDP_PASS + 1\n}");
        using (Execute(checkout, sql))
        {
            var build = checkout.Build();
            Assert.Equal((0, Warning), (build.ExitCode, build.Errors));
        }

        var again = checkout.Build().Succeeded();

        Assert.Equal("", again.Errors);
        Assert.DoesNotContain(again.Steps, s => s.Ran);
    }

    [Fact]
    public void An_index_of_a_later_version_is_replaced_with_one_warning()
    {
        var checkout = checkouts.NewWithOwnCache();
        Execute(checkout, "PRAGMA user_version=1000000").Dispose();

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            "warning BPFI1052: the cache's index was replaced: it was written by another version\n  help nothing is lost; everything is looked at once more\n", build.Errors);
        Assert.DoesNotContain(build.Steps, s => s.Ran);
        Assert.Equal("", checkout.Build().Succeeded().Errors);
    }

    private static SqliteConnection Execute(Checkout checkout, string sql)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(checkout.Cache, "v1/index.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
        return connection;
    }
}
