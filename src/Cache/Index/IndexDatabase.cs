using System.Text;
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
    private readonly IndexConnection _connection;

    private IndexDatabase(IndexConnection connection) => _connection = connection;

    /// <summary>Opens the index, makes it when it is not there, and replaces it when it cannot be used.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="replaced">Told why, when an index was there and had to be given up.</param>
    /// <param name="readOnly">Whether nothing is to be remembered or forgotten.</param>
    /// <param name="locked">Told once, when another process keeps the index to itself for longer than is worth waiting: from then on nothing is known or remembered.</param>
    /// <param name="thorough">Whether every page is read, and an index with a damaged one given up.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static IndexDatabase Open(
        string path, Action<string> replaced, bool readOnly = false, Action? locked = null, bool thorough = false) =>
        new(IndexConnection.Open(path, replaced, readOnly, locked ?? (() => { }), thorough));

    /// <summary>Every file remembered below a directory.</summary>
    public Dictionary<string, RememberedFile> FilesBelow(string directory)
    {
        var files = new Dictionary<string, RememberedFile>(StringComparer.Ordinal);
        _connection.Query(
            "SELECT path, size, modified, changed, inode, hash, checksum FROM files WHERE path >= $a AND path < $b",
            reader =>
            {
                if (ReadFile(reader) is { } file)
                    files[reader.GetString(0)] = file;
            },
            ("$a", $"{directory}/"), ("$b", $"{directory}0"));
        return files;
    }

    /// <summary>What is remembered of one file; null when nothing is.</summary>
    public RememberedFile? FileAt(string path)
    {
        RememberedFile? found = null;
        _connection.Query(
            "SELECT path, size, modified, changed, inode, hash, checksum FROM files WHERE path = $a",
            reader => found = ReadFile(reader),
            ("$a", path));
        return found;
    }

    // Null when it is damaged. Who believed a digest that is none of the file's would find that the file changes all the time.
    private static RememberedFile? ReadFile(SqliteDataReader reader)
    {
        var stamp = new FileStamp(reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), (ulong)reader.GetInt64(4));
        var file = new RememberedFile(stamp, Digest.FromBytes((byte[])reader[5], stamp.Size));
        return reader.GetInt64(6) == CheckedValue.ChecksumOf(reader.GetString(0), file) ? file : null;
    }

    /// <summary>Remembers files, all or none.</summary>
    public void RememberFiles(IEnumerable<KeyValuePair<string, RememberedFile>> files) =>
        _connection.InTransaction(() =>
        {
            foreach (var (path, file) in files)
                _connection.Run(
                    "INSERT OR REPLACE INTO files VALUES($a, $b, $c, $d, $e, $f, $g)",
                    ("$a", path), ("$b", file.Stamp.Size), ("$c", file.Stamp.Modified), ("$d", file.Stamp.Changed),
                    ("$e", (long)file.Stamp.Inode), ("$f", file.Digest.ToBytes()), ("$g", CheckedValue.ChecksumOf(path, file)));
        });

    /// <summary>What steps of a workspace gave when they were last asked for.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="probes">The probes whose steps are wanted; null for all. A step's name begins with its probe's.</param>
    public Dictionary<string, RememberedStep> Steps(string workspace, IReadOnlyCollection<string>? probes = null)
    {
        var rows = new Dictionary<string, RememberedStep>(StringComparer.Ordinal);
        foreach (var (from, to) in probes?.SelectMany(RangesOf) ?? [("", "\U0010ffff")])
            _connection.Query(
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
        _connection.InTransaction(() =>
        {
            foreach (var step in steps)
            {
                if (step.Row is { } row)
                    _connection.Run("INSERT OR REPLACE INTO rows VALUES($a, $b, $c, $d, $e, $f)",
                        ("$a", workspace), ("$b", step.Name), ("$c", row.Key.ToBytes()), ("$d", row.Key.Size),
                        ("$e", row.Identity.ToBytes()), ("$f", row.Identity.Size));
                if (step.Outcome is { } outcome)
                    _connection.Run(RememberOutcome, ("$a", workspace), ("$b", step.Name), ("$c", step.Ran ? 1 : 0), ("$d", outcome));
            }
        });

    /// <summary>How steps of a probe last ended, as the writer encoded it: when they last ran, and when they last changed without running.</summary>
    public IEnumerable<(string Step, bool Ran, byte[] Record)> Outcomes(string workspace, string probe)
    {
        var outcomes = new List<(string, bool, byte[])>();
        foreach (var (from, to) in RangesOf(probe))
            _connection.Query(
                "SELECT step, ran, record FROM outcomes WHERE workspace = $a AND step >= $b AND step < $c",
                reader => outcomes.Add((reader.GetString(0), reader.GetInt64(1) != 0, (byte[])reader[2])),
                ("$a", workspace), ("$b", from), ("$c", to));
        return outcomes;
    }

    /// <summary>How the last pass over a workspace ended, as its writer encoded it; null when there was none.</summary>
    public byte[]? LastPass(string workspace) =>
        _connection.Scalar("SELECT record FROM outcomes WHERE workspace = $a AND step = $b", ("$a", workspace), ("$b", WholePass));

    /// <summary>Remembers how a pass over a workspace ended, and counts what it did.</summary>
    public void RememberLastPass(string workspace, byte[] record, IEnumerable<UseCount> uses) =>
        _connection.InTransaction(() =>
        {
            _connection.Run(RememberOutcome, ("$a", workspace), ("$b", WholePass), ("$c", 0), ("$d", record));
            foreach (var use in uses)
                _connection.Run(
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
        _connection.Query(
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
        _connection.InTransaction(() =>
        {
            foreach (var step in steps)
            {
                _connection.Run("DELETE FROM rows WHERE workspace = $a AND step = $b", ("$a", workspace), ("$b", step));
                _connection.Run("DELETE FROM outcomes WHERE workspace = $a AND step = $b", ("$a", workspace), ("$b", step));
            }
        });

    /// <summary>
    /// The paths that each probe of a request was made from, one a line, with a line end before and after each; null when not all of
    /// them are known, or not as they were after a pass. A probe that is left out would be one that nobody builds.
    /// </summary>
    public IReadOnlyList<(string Probe, string Paths)>? Inputs(string workspace, string request, Guid pass)
    {
        var (inputs, state, isSound) = (new List<(string, string)>(), "", true);
        var isWhole = _connection.Query(
            "SELECT probe, paths FROM inputs WHERE workspace = $a AND request = $b",
            reader =>
            {
                var probe = reader.GetString(0);
                if (CheckedValue.Read(probe, (byte[])reader[1]) is not { } paths)
                    isSound = false;
                else if (probe == StateOfInputs)
                    state = Encoding.UTF8.GetString(paths);
                else
                    inputs.Add((probe, Encoding.UTF8.GetString(paths)));
            },
            ("$a", workspace), ("$b", request));
        return isWhole && isSound && state == StateOf(pass, inputs.Count) ? inputs : null;
    }

    /// <summary>Remembers the paths that probes were made from, all or none, as of a pass.</summary>
    public void RememberInputs(string workspace, string request, Guid pass, IEnumerable<KeyValuePair<string, string>> inputs) =>
        _connection.InTransaction(() =>
        {
            void Remember(string probe, string paths) => _connection.Run(
                "INSERT OR REPLACE INTO inputs VALUES($a, $b, $c, $d)",
                ("$a", workspace), ("$b", request), ("$c", probe), ("$d", CheckedValue.Of(probe, Encoding.UTF8.GetBytes(paths))));

            foreach (var (probe, paths) in inputs)
                Remember(probe, paths);
            var count = 0L;
            _connection.Query(
                "SELECT COUNT(*) FROM inputs WHERE workspace = $a AND request = $b AND probe <> $c",
                reader => count = reader.GetInt64(0), ("$a", workspace), ("$b", request), ("$c", StateOfInputs));
            Remember(StateOfInputs, StateOf(pass, count));
        });

    // Among the inputs of probes, whose names are never empty: of which pass they are, and how many.
    private const string StateOfInputs = "";

    private static string StateOf(Guid pass, long count) => $"{pass} {count}";

    /// <summary>Forgets everything about a workspace.</summary>
    public void ForgetWorkspace(string workspace) =>
        _connection.InTransaction(() =>
        {
            _connection.Run("DELETE FROM rows WHERE workspace = $a", ("$a", workspace));
            _connection.Run("DELETE FROM outcomes WHERE workspace = $a", ("$a", workspace));
            _connection.Run("DELETE FROM inputs WHERE workspace = $a", ("$a", workspace));
        });

    /// <summary>A remembered answer; null when there is none.</summary>
    public byte[]? Memo(string name) =>
        _connection.Scalar("SELECT value FROM memos WHERE name = $a", ("$a", name)) is { } stored ? CheckedValue.Read(name, stored) : null;

    /// <summary>Remembers an answer.</summary>
    public void RememberMemo(string name, byte[] value) =>
        _connection.Write("INSERT OR REPLACE INTO memos VALUES($a, $b)", ("$a", name), ("$b", CheckedValue.Of(name, value)));

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}
