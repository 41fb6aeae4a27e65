using BpfIncr.Cache.Digests;
using Microsoft.Data.Sqlite;

namespace BpfIncr.Cache.Index;

/// <summary>
/// What this machine remembers between runs, in one SQLite file beside the cache: which digest a file had when it
/// last looked like this, what each step of a workspace gave, what each probe was made from, and answers that are
/// costly to get again. None of it is the truth about content: the whole file can be deleted, and all that is lost is
/// time. That is why a damaged or foreign index is simply replaced.
/// </summary>
public sealed class IndexDatabase : IDisposable
{
    private const long SchemaVersion = 6;
    private const string Schema = """
        CREATE TABLE files(path TEXT PRIMARY KEY, size INT, modified INT, changed INT, inode INT, hash BLOB) WITHOUT ROWID;
        CREATE TABLE rows(workspace TEXT, step TEXT, key BLOB, key_size INT, identity BLOB, identity_size INT, PRIMARY KEY(workspace, step)) WITHOUT ROWID;
        CREATE TABLE outcomes(workspace TEXT, step TEXT, ran INT, record BLOB, PRIMARY KEY(workspace, step, ran)) WITHOUT ROWID;
        CREATE TABLE inputs(workspace TEXT, request TEXT, probe TEXT, paths TEXT, PRIMARY KEY(workspace, request, probe)) WITHOUT ROWID;
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

    private IndexDatabase(SqliteConnection connection, bool readOnly, Action locked) =>
        (_connection, _readOnly, _locked) = (connection, readOnly, locked);

    /// <summary>Opens the index, makes it when it is not there, and replaces it when it cannot be used.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="replaced">Told why, when an index was there and had to be given up.</param>
    /// <param name="readOnly">Whether nothing is to be remembered or forgotten.</param>
    /// <param name="locked">Told once, when another process keeps the index to itself for longer than is worth waiting: from then on nothing is known or remembered.</param>
    /// <param name="thorough">Whether every page is read, and an index with a damaged one given up.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static IndexDatabase Open(
        string path, Action<string> replaced, bool readOnly = false, Action? locked = null, bool thorough = false)
    {
        locked ??= () => { };
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

    private static IndexDatabase OpenExisting(string path, bool readOnly, Action locked, bool thorough = false)
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
            return new IndexDatabase(connection, readOnly, locked);
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

    /// <summary>Every file remembered below a directory.</summary>
    public Dictionary<string, RememberedFile> FilesBelow(string directory)
    {
        var files = new Dictionary<string, RememberedFile>(StringComparer.Ordinal);
        Query(
            "SELECT path, size, modified, changed, inode, hash FROM files WHERE path >= $a AND path < $b",
            reader => files[reader.GetString(0)] = ReadFile(reader),
            ("$a", $"{directory}/"), ("$b", $"{directory}0"));
        return files;
    }

    /// <summary>What is remembered of one file; null when nothing is.</summary>
    public RememberedFile? FileAt(string path)
    {
        RememberedFile? found = null;
        Query(
            "SELECT path, size, modified, changed, inode, hash FROM files WHERE path = $a",
            reader => found = ReadFile(reader),
            ("$a", path));
        return found;
    }

    private static RememberedFile ReadFile(SqliteDataReader reader)
    {
        var stamp = new FileStamp(reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), (ulong)reader.GetInt64(4));
        return new RememberedFile(stamp, Digest.FromBytes((byte[])reader[5], stamp.Size));
    }

    /// <summary>Remembers files, all or none.</summary>
    public void RememberFiles(IEnumerable<KeyValuePair<string, RememberedFile>> files) =>
        InTransaction(() =>
        {
            foreach (var (path, file) in files)
                Run(
                    "INSERT OR REPLACE INTO files VALUES($a, $b, $c, $d, $e, $f)",
                    ("$a", path), ("$b", file.Stamp.Size), ("$c", file.Stamp.Modified), ("$d", file.Stamp.Changed),
                    ("$e", (long)file.Stamp.Inode), ("$f", file.Digest.ToBytes()));
        });

    /// <summary>What steps of a workspace gave when they were last asked for.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="probes">The probes whose steps are wanted; null for all. A step's name begins with its probe's.</param>
    public Dictionary<string, RememberedStep> Steps(string workspace, IReadOnlyCollection<string>? probes = null)
    {
        var rows = new Dictionary<string, RememberedStep>(StringComparer.Ordinal);
        foreach (var (from, to) in probes?.SelectMany(RangesOf) ?? [("", "\U0010ffff")])
            Query(
                "SELECT step, key, key_size, identity, identity_size FROM rows WHERE workspace = $a AND step >= $b AND step < $c",
                reader => rows[reader.GetString(0)] = new RememberedStep(
                    Digest.FromBytes((byte[])reader[1], reader.GetInt64(2)), Digest.FromBytes((byte[])reader[3], reader.GetInt64(4))),
                ("$a", workspace), ("$b", from), ("$c", to));
        return rows;
    }

    // A blank or a slash follows the probe's name; the characters behind these two end the ranges.
    private static IEnumerable<(string From, string To)> RangesOf(string probe) => [($"{probe} ", $"{probe}!"), ($"{probe}/", $"{probe}0")];

    /// <summary>Remembers what steps gave and how they ended, all or none.</summary>
    public void RememberSteps(string workspace, IEnumerable<EndedStep> steps) =>
        InTransaction(() =>
        {
            foreach (var step in steps)
            {
                if (step.Row is { } row)
                    Run("INSERT OR REPLACE INTO rows VALUES($a, $b, $c, $d, $e, $f)",
                        ("$a", workspace), ("$b", step.Name), ("$c", row.Key.ToBytes()), ("$d", row.Key.Size),
                        ("$e", row.Identity.ToBytes()), ("$f", row.Identity.Size));
                if (step.Outcome is { } outcome)
                    Run(RememberOutcome, ("$a", workspace), ("$b", step.Name), ("$c", step.Ran ? 1 : 0), ("$d", outcome));
            }
        });

    /// <summary>How steps of a probe last ended, as the writer encoded it: when they last ran, and when they last changed without running.</summary>
    public IEnumerable<(string Step, bool Ran, byte[] Record)> Outcomes(string workspace, string probe)
    {
        var outcomes = new List<(string, bool, byte[])>();
        foreach (var (from, to) in RangesOf(probe))
            Query(
                "SELECT step, ran, record FROM outcomes WHERE workspace = $a AND step >= $b AND step < $c",
                reader => outcomes.Add((reader.GetString(0), reader.GetInt64(1) != 0, (byte[])reader[2])),
                ("$a", workspace), ("$b", from), ("$c", to));
        return outcomes;
    }

    /// <summary>How the last pass over a workspace ended, as its writer encoded it; null when there was none.</summary>
    public byte[]? LastPass(string workspace) =>
        Scalar("SELECT record FROM outcomes WHERE workspace = $a AND step = $b", ("$a", workspace), ("$b", WholePass));

    /// <summary>Remembers how a pass over a workspace ended, and counts what it did.</summary>
    public void RememberLastPass(string workspace, byte[] record, IEnumerable<UseCount> uses) =>
        InTransaction(() =>
        {
            Run(RememberOutcome, ("$a", workspace), ("$b", WholePass), ("$c", 0), ("$d", record));
            foreach (var use in uses)
                Run(
                    """
                    INSERT INTO uses VALUES($a, $b, $c, $d, $e, $f, $g) ON CONFLICT DO UPDATE SET
                        hits = hits + excluded.hits, saved = saved + excluded.saved, runs = runs + excluded.runs, spent = spent + excluded.spent
                    """,
                    ("$a", use.Stage), ("$b", use.Tier), ("$c", use.Hits), ("$d", use.Saved.Ticks), ("$e", use.Runs), ("$f", use.Spent.Ticks),
                    ("$g", use.Since.Ticks));
        });

    /// <summary>What was found in the cache and what was run, since the index was made.</summary>
    public IReadOnlyList<UseCount> Uses()
    {
        var uses = new List<UseCount>();
        Query(
            "SELECT stage, tier, hits, saved, runs, spent, since FROM uses ORDER BY stage, tier",
            reader => uses.Add(new UseCount(
                reader.GetString(0), reader.GetString(1), reader.GetInt64(2), new TimeSpan(reader.GetInt64(3)),
                reader.GetInt64(4), new TimeSpan(reader.GetInt64(5)), new DateTime(reader.GetInt64(6), DateTimeKind.Utc))));
        return uses;
    }

    // When a step ran and when it was found last do not replace each other.
    private const string RememberOutcome = "INSERT OR REPLACE INTO outcomes VALUES($a, $b, $c, $d)";

    // No step has this name.
    private const string WholePass = "";

    /// <summary>Forgets steps that no longer exist.</summary>
    public void ForgetSteps(string workspace, IEnumerable<string> steps) =>
        InTransaction(() =>
        {
            foreach (var step in steps)
            {
                Run("DELETE FROM rows WHERE workspace = $a AND step = $b", ("$a", workspace), ("$b", step));
                Run("DELETE FROM outcomes WHERE workspace = $a AND step = $b", ("$a", workspace), ("$b", step));
            }
        });

    /// <summary>The paths that each probe of a request was made from, one a line, with a line end before and after each.</summary>
    public IEnumerable<(string Probe, string Paths)> Inputs(string workspace, string request)
    {
        var inputs = new List<(string, string)>();
        Query("SELECT probe, paths FROM inputs WHERE workspace = $a AND request = $b", reader => inputs.Add((reader.GetString(0), reader.GetString(1))), ("$a", workspace), ("$b", request));
        return inputs;
    }

    /// <summary>Remembers the paths that probes were made from, all or none.</summary>
    public void RememberInputs(string workspace, string request, IEnumerable<KeyValuePair<string, string>> inputs) =>
        InTransaction(() =>
        {
            foreach (var (probe, paths) in inputs)
                Run("INSERT OR REPLACE INTO inputs VALUES($a, $b, $c, $d)", ("$a", workspace), ("$b", request), ("$c", probe), ("$d", paths));
        });

    /// <summary>Forgets everything about a workspace.</summary>
    public void ForgetWorkspace(string workspace) =>
        InTransaction(() =>
        {
            Run("DELETE FROM rows WHERE workspace = $a", ("$a", workspace));
            Run("DELETE FROM outcomes WHERE workspace = $a", ("$a", workspace));
            Run("DELETE FROM inputs WHERE workspace = $a", ("$a", workspace));
        });

    /// <summary>A remembered answer; null when there is none.</summary>
    public byte[]? Memo(string name) => Scalar("SELECT value FROM memos WHERE name = $a", ("$a", name));

    /// <summary>Remembers an answer.</summary>
    public void RememberMemo(string name, byte[] value) =>
        Write("INSERT OR REPLACE INTO memos VALUES($a, $b)", ("$a", name), ("$b", value));

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private byte[]? Scalar(string sql, params ReadOnlySpan<(string, object)> parameters)
    {
        byte[]? value = null;
        Query(sql, reader => value = (byte[])reader[0], parameters);
        return value;
    }

    private void InTransaction(Action body)
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

    private void Write(string sql, params ReadOnlySpan<(string, object)> parameters)
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

    private void Run(string sql, params ReadOnlySpan<(string, object)> parameters) => Command(sql, parameters).ExecuteNonQuery();

    private void Query(string sql, Action<SqliteDataReader> row, params ReadOnlySpan<(string, object)> parameters)
    {
        lock (_lock)
        {
            if (_isLocked)
                return;
            try
            {
                using var reader = Command(sql, parameters).ExecuteReader();
                while (reader.Read())
                    Read(reader, row);
            }
            catch (SqliteException e) when (e.SqliteErrorCode != Mistake)
            {
                // Damaged further in than opening could see: it knows nothing.
                GiveUpIfLocked(e);
            }
        }
    }

    // A row that another hand wrote, or a damaged page gave, is not known.
    private static void Read(SqliteDataReader reader, Action<SqliteDataReader> row)
    {
        try
        {
            row(reader);
        }
        catch (Exception e) when (e is InvalidCastException or InvalidOperationException or ArgumentException)
        {
            // Whoever asked asks somebody else.
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
