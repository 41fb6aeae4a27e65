using Microsoft.Data.Sqlite;

namespace BpfIncr.Cache.Index;

/// <summary>
/// The database below <see cref="IndexDatabase"/>: its schema, its statements, and what happens when SQLite says no. A
/// question that cannot be answered has no answer, and what cannot be written is not remembered; nobody above has to care.
/// </summary>
internal sealed class IndexConnection : IDisposable
{
    private const long SchemaVersion = 8;
    private const string Schema = """
        CREATE TABLE files(path TEXT PRIMARY KEY, size INT, modified INT, changed INT, inode INT, hash BLOB, checksum INT) WITHOUT ROWID;
        CREATE TABLE rows(workspace TEXT, step TEXT, key BLOB, key_size INT, identity BLOB, identity_size INT, PRIMARY KEY(workspace, step)) WITHOUT ROWID;
        CREATE TABLE outcomes(workspace TEXT, step TEXT, ran INT, record BLOB, PRIMARY KEY(workspace, step, ran)) WITHOUT ROWID;
        CREATE TABLE inputs(workspace TEXT, request TEXT, probe TEXT, paths BLOB, PRIMARY KEY(workspace, request, probe)) WITHOUT ROWID;
        CREATE TABLE uses(stage TEXT, tier TEXT, hits INT, saved INT, runs INT, spent INT, since INT, PRIMARY KEY(stage, tier)) WITHOUT ROWID;
        CREATE TABLE memos(name TEXT PRIMARY KEY, value BLOB);
        """;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly bool _readOnly;
    private readonly Action _locked;

    // Waiting anew for each question and each answer would take longer than all that is remembered can save.
    private bool _isLocked;

    private IndexConnection(SqliteConnection connection, bool readOnly, Action locked) =>
        (_connection, _readOnly, _locked) = (connection, readOnly, locked);

    /// <summary>Opens the database as <see cref="IndexDatabase.Open"/> says.</summary>
    public static IndexConnection Open(string path, Action<string> replaced, bool readOnly, Action locked, bool thorough)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return OpenExisting(path, readOnly, locked, thorough);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Busy)
        {
            locked();
            return OpenExisting(":memory:", readOnly, locked);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Corrupt or NotADatabase or SchemaMismatch or Mistake)
        {
            replaced(e.SqliteErrorCode == SchemaMismatch ? "it was written by another version" : "it is damaged");
            foreach (var file in (string[])[path, $"{path}-wal", $"{path}-shm"])
                File.Delete(file);
            return OpenExisting(path, readOnly, locked);
        }
        catch (SqliteException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    private const int Busy = 5, Corrupt = 11, NotADatabase = 26, SchemaMismatch = 17;

    // SQLITE_ERROR: when opening, the schema is not ours or the header is damaged; later, the statement is wrong, which
    // no state of the disk excuses.
    private const int Mistake = 1;

    private static IndexConnection OpenExisting(string path, bool readOnly, Action locked, bool thorough = false)
    {
        // SQLite itself waits for locks; the library around it would begin to wait once more.
        var source = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 };
        var connection = new SqliteConnection(source.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
            CreateSchema(connection);
            foreach (var table in (string[])["files", "rows", "outcomes", "inputs", "uses", "memos"])
                Execute(connection, $"SELECT * FROM {table} LIMIT 0");
            if (thorough && (string)Scalar(connection, "PRAGMA integrity_check(1)") != "ok")
                throw new SqliteException("damaged", Corrupt);
            return new IndexConnection(connection, readOnly, locked);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void CreateSchema(SqliteConnection connection)
    {
        if (UserVersion(connection) == SchemaVersion)
            return;
        // Two processes may be here at once: whoever takes the write lock second finds the work done.
        Execute(connection, "BEGIN IMMEDIATE");
        var version = UserVersion(connection);
        if (version == 0)
            Execute(connection, $"{Schema} PRAGMA user_version={SchemaVersion};");
        Execute(connection, "COMMIT");
        if (version != 0 && version != SchemaVersion)
            throw new SqliteException($"index version {version}", SchemaMismatch);
    }

    private static long UserVersion(SqliteConnection connection) => (long)Scalar(connection, "PRAGMA user_version");

    private static object Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    /// <summary>The first value that a question gives; null when there is none.</summary>
    public byte[]? Scalar(string sql, params ReadOnlySpan<(string, object)> parameters)
    {
        byte[]? value = null;
        Query(sql, reader => value = (byte[])reader[0], parameters);
        return value;
    }

    /// <summary>Does all of what calls <see cref="Run"/>, or none of it.</summary>
    public void InTransaction(Action body)
    {
        lock (_lock)
        {
            if (_readOnly || _isLocked)
                return;
            try
            {
                Execute(_connection, "BEGIN IMMEDIATE");
                body();
                Execute(_connection, "COMMIT");
            }
            catch (SqliteException e) when (e.SqliteErrorCode != Mistake)
            {
                // Not remembered: the next run looks again.
                TryRollBack();
                GiveUpIfLocked(e);
            }
        }
    }

    private void TryRollBack()
    {
        try
        {
            Execute(_connection, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // No transaction was open: BEGIN itself had failed.
        }
    }

    /// <summary>Runs one statement.</summary>
    public void Write(string sql, params ReadOnlySpan<(string, object)> parameters)
    {
        lock (_lock)
        {
            if (_readOnly || _isLocked)
                return;
            try
            {
                Run(sql, parameters);
            }
            catch (SqliteException e) when (e.SqliteErrorCode != Mistake)
            {
                // Not remembered: the next run looks again.
                GiveUpIfLocked(e);
            }
        }
    }

    private void GiveUpIfLocked(SqliteException e)
    {
        if (e.SqliteErrorCode != Busy)
            return;
        _isLocked = true;
        _locked();
    }

    /// <summary>Runs a statement of a transaction.</summary>
    /// <exception cref="SqliteException">It failed; <see cref="InTransaction"/> knows what to do.</exception>
    public void Run(string sql, params ReadOnlySpan<(string, object)> parameters) => Command(sql, parameters).ExecuteNonQuery();

    /// <summary>Asks, and gives each row that can be read; false when there was one that could not be.</summary>
    public bool Query(string sql, Action<SqliteDataReader> row, params ReadOnlySpan<(string, object)> parameters)
    {
        lock (_lock)
        {
            if (_isLocked)
                return false;
            var isWhole = true;
            try
            {
                using var reader = Command(sql, parameters).ExecuteReader();
                while (reader.Read())
                    isWhole &= Read(reader, row);
            }
            catch (SqliteException e) when (e.SqliteErrorCode != Mistake)
            {
                // Damaged further in than opening could see: it knows nothing.
                GiveUpIfLocked(e);
                return false;
            }
            return isWhole;
        }
    }

    // A row that another hand wrote, or a damaged page gave, is not known.
    private static bool Read(SqliteDataReader reader, Action<SqliteDataReader> row)
    {
        try
        {
            row(reader);
            return true;
        }
        catch (Exception e) when (e is InvalidCastException or InvalidOperationException or ArgumentException)
        {
            // Whoever asked asks somebody else.
            return false;
        }
    }

    // Parsing a statement costs more than running it: each is kept. Whoever asks holds the lock.
    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            _commands[sql] = command = _connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, _) in parameters)
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters[i].Value = parameters[i].Value;
        return command;
    }
}
