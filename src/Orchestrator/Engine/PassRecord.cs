using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// What a pass that left everything up to date had looked at. While all of it looks the same, the next pass would find
/// nothing to do, and is not run: no configuration is parsed, no key computed, no database opened, no process started.
/// One stat for each path is all that a build with nothing to do costs, so the record is kept as the bytes that are on
/// disk, and paths as the C strings that the system call takes. When nothing but sources and objects of some probes
/// looks different, the next pass is about these probes alone.
///
/// A path whose stamp differs may still hold the same: a file that was only touched, a directory in which an editor's
/// temporary file came and went. A stamp that was taken too soon after the last change proves nothing either (see
/// <see cref="FileStamp.IsRacy"/>). In both cases the content decides.
/// </summary>
internal sealed class PassRecord
{
    private const int FormatVersion = 5;

    // Below this, a second thread costs more to start than it saves.
    private const int EntriesForThreads = 1000;

    private readonly byte[] _content;
    private readonly int[] _entries;

    private PassRecord(byte[] content, Guid pass, int objects, string environment, ImmutableArray<string> variables, int[] entries) =>
        (_content, Pass, Objects, Environment, Variables, _entries) = (content, pass, objects, environment, variables, entries);

    /// <summary>Which pass it is of: what the index holds of another one is about another state of the world.</summary>
    public Guid Pass { get; }

    /// <summary>How many objects are up to date.</summary>
    public int Objects { get; }

    /// <summary>The state of the environment variables that matter.</summary>
    public string Environment { get; }

    /// <summary>Their names.</summary>
    public ImmutableArray<string> Variables { get; }

    /// <summary>The bytes to keep.</summary>
    public ReadOnlySpan<byte> Content => _content;

    /// <summary>What was looked at.</summary>
    public IEnumerable<KeyValuePair<string, PassEntry>> Entries
    {
        get
        {
            foreach (var offset in _entries)
                yield return KeyValuePair.Create(PassEntry.PathAt(_content, offset), PassEntry.At(_content, offset));
        }
    }

    /// <summary>The record of a pass that has looked at some paths.</summary>
    public static PassRecord Of(
        int objects, string environment, ImmutableArray<string> variables, IEnumerable<KeyValuePair<string, PassEntry>> entries) =>
        Write(Guid.NewGuid(), objects, environment, variables, [.. entries.Select(e => (ArraySegment<byte>)e.Value.ToBytes(e.Key))]);

    /// <summary>Reads <see cref="Content"/> back; null for anything else.</summary>
    public static PassRecord? Read(byte[] content)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
            if (reader.ReadInt32() != FormatVersion)
                return null;
            var pass = new Guid(reader.ReadBytes(16));
            var (objects, environment) = (reader.ReadInt32(), reader.ReadString());
            var variables = ImmutableArray.CreateBuilder<string>();
            for (var count = Count(reader, content); count > 0; count--)
                variables.Add(reader.ReadString());
            var entries = new int[Count(reader, content)];
            var offset = (int)reader.BaseStream.Position;
            for (var i = 0; i < entries.Length; i++, offset += PassEntry.Length(content, offset))
                entries[i] = PassEntry.IsAt(content, offset) ? offset : throw new FormatException("not an entry");
            // A count that is too low would leave paths out.
            return offset == content.Length ? new PassRecord(content, pass, objects, environment, variables.ToImmutable(), entries) : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException or OverflowException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Compares this record with the world.</summary>
    /// <param name="environment">The present state of variables, given their names.</param>
    public WorldChange Compare(Func<IReadOnlyCollection<string>, string> environment)
    {
        if (environment(Variables) != Environment)
            return WorldChange.Unknown;
        // The kernel answers two threads at once, and waiting for its answers is what most of the time goes by with.
        var parts = _entries.Length < EntriesForThreads ? 1 : Math.Min(System.Environment.ProcessorCount, 4);
        var changes = new WorldChange[parts];
        var others = Enumerable.Range(1, parts - 1).Select(i => Task.Run(() => changes[i] = Compare(Part(i)))).ToArray();
        changes[0] = Compare(Part(0));
        Task.WaitAll(others);
        return new WorldChange(
            changes.Any(c => c.IsUnknown), [.. changes.SelectMany(c => c.Changed)], [.. changes.SelectMany(c => c.Restamped)], Objects, Pass);

        ArraySegment<int> Part(int i) => new ArraySegment<int>(_entries)[(_entries.Length * i / parts)..(_entries.Length * (i + 1) / parts)];
    }

    private WorldChange Compare(ArraySegment<int> entries)
    {
        var changed = ImmutableArray.CreateBuilder<ChangedPath>();
        var isUnknown = false;
        var restamped = ImmutableArray.CreateBuilder<string>();
        foreach (var offset in entries)
        {
            if (PassEntry.HasSameStampAt(_content, offset))
                continue;
            var (path, entry) = (PassEntry.PathAt(_content, offset), PassEntry.At(_content, offset));
            var now = entry.Read(path);
            if (entry.IsSame(now))
            {
                restamped.Add(path);
                continue;
            }
            changed.Add(new ChangedPath(path, now.Digest));
            isUnknown |= !entry.IsSource;
        }
        return new WorldChange(isUnknown, changed.ToImmutable(), restamped.ToImmutable(), Objects, Pass);
    }

    /// <summary>This record, with what a later pass has seen in place of what it had seen before.</summary>
    /// <param name="environment">The state of the variables now.</param>
    /// <param name="variables">Names of variables that matter, besides those known.</param>
    /// <param name="files">What the later pass has looked at.</param>
    /// <param name="sources">The paths that matter to some probes only.</param>
    public PassRecord With(
        Func<IReadOnlyCollection<string>, string> environment, IEnumerable<string> variables, FileTable files, IReadOnlySet<string> sources)
    {
        var seen = new Dictionary<string, PassEntry>(StringComparer.Ordinal);
        foreach (var (path, file) in files.Files)
            seen[path] = Entry(path, file, isDirectory: false);
        foreach (var (path, listing) in files.Listings)
            seen[path] = Entry(path, listing, isDirectory: true);
        ImmutableArray<string> names = [.. Variables.Union(variables, StringComparer.Ordinal)];
        return Replace(Guid.NewGuid(), seen, environment(names), names);

        PassEntry Entry(string path, RememberedFile now, bool isDirectory) => files.IsUnsettled(path)
            ? PassEntry.NeverSame(sources.Contains(path))
            : new PassEntry(now.Stamp, now.Digest, files.IsRacy(path), isDirectory, sources.Contains(path));
    }

    /// <summary>This record with new stamps for paths whose content is known to be the same.</summary>
    public PassRecord Restamp(IEnumerable<string> paths)
    {
        var wanted = paths.ToHashSet(StringComparer.Ordinal);
        if (wanted.Count == 0)
            return this;
        var now = FileStamp.Now();
        var seen = new Dictionary<string, PassEntry>(StringComparer.Ordinal);
        foreach (var (path, entry) in Entries.Where(e => wanted.Contains(e.Key)))
            if (FileStamp.Of(path) is var stamp && entry.IsSame(entry.Read(path)))
                seen[path] = entry with { Stamp = stamp, IsRacy = stamp.IsRacy(now) };
        return Replace(Pass, seen, Environment, Variables);
    }

    private PassRecord Replace(Guid pass, Dictionary<string, PassEntry> seen, string environment, ImmutableArray<string> variables)
    {
        // A handful of thousands is replaced, mostly: the others are copied, not read and written.
        var entries = new ArraySegment<byte>[_entries.Length + seen.Count];
        var count = 0;
        foreach (var offset in _entries)
        {
            var entry = new ArraySegment<byte>(_content, offset, PassEntry.Length(_content, offset));
            var path = PassEntry.PathAt(_content, offset);
            if (!seen.TryGetValue(path, out var now))
                entries[count++] = entry;
            else if (now.IsSource && !PassEntry.At(_content, offset).IsSource)
                // What matters to everything goes on doing so when a probe happens to read it as well.
                seen[path] = now with { IsSource = false };
        }
        foreach (var (path, entry) in seen)
            entries[count++] = entry.ToBytes(path);
        return Write(pass, Objects, environment, variables, entries.AsSpan(0, count));
    }

    private static PassRecord Write(
        Guid pass, int objects, string environment, ImmutableArray<string> variables, ReadOnlySpan<ArraySegment<byte>> entries)
    {
        using var head = new MemoryStream();
        using (var writer = new BinaryWriter(head, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(FormatVersion);
            writer.Write(pass.ToByteArray());
            writer.Write(objects);
            writer.Write(environment);
            writer.Write(variables.Length);
            foreach (var variable in variables)
                writer.Write(variable);
            writer.Write(entries.Length);
        }
        var length = (int)head.Length;
        foreach (var entry in entries)
            length += entry.Count;
        var content = new byte[length];
        var offset = (int)head.Length;
        head.ToArray().CopyTo(content, 0);
        foreach (var entry in entries)
        {
            entry.CopyTo(content, offset);
            offset += entry.Count;
        }
        return Read(content)!;
    }

    private static int Count(BinaryReader reader, byte[] content) =>
        reader.ReadInt32() is >= 0 and var count && count <= content.Length ? count : throw new FormatException("not a count");
}

/// <summary>How the world differs from a record.</summary>
/// <param name="IsUnknown">Whether something differs that can matter to every probe, or cannot be told.</param>
/// <param name="Changed">What is different, as far as it can be told; otherwise nothing but sources and objects of some probes.</param>
/// <param name="Restamped">Paths that look different and are not.</param>
/// <param name="Objects">How many objects were up to date.</param>
/// <param name="Pass">Which pass the record is of.</param>
internal sealed record WorldChange(
    bool IsUnknown, ImmutableArray<ChangedPath> Changed, ImmutableArray<string> Restamped, int Objects, Guid Pass)
{
    /// <summary>Nothing can be said.</summary>
    public static readonly WorldChange Unknown = new(true, [], [], 0, Guid.Empty);

    /// <summary>Whether everything is as it was.</summary>
    public bool IsNone => !IsUnknown && Changed.IsEmpty;

    /// <summary>The paths that are different.</summary>
    public IEnumerable<string> Paths => Changed.Select(c => c.Path);
}

/// <summary>A path that is not what a record says.</summary>
/// <param name="Path">The path.</param>
/// <param name="Now">What it holds now.</param>
internal readonly record struct ChangedPath(string Path, Digest Now);
