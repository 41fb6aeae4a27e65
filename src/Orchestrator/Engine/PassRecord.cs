using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// What a pass that left everything up to date had looked at. While all of it looks the same, the next pass would find
/// nothing to do, and is not run: no configuration is parsed, no key computed, no process started. One stat for each
/// path is all that a build with nothing to do costs. When nothing but sources and objects of some probes looks
/// different, the next pass is about these probes alone.
///
/// A path whose stamp differs may still hold the same: a file that was only touched, a directory in which an editor's
/// temporary file came and went. A stamp that was taken too soon after the last change proves nothing either (see
/// <see cref="FileStamp.IsRacy"/>). In both cases the content decides.
/// </summary>
/// <param name="Objects">How many objects are up to date.</param>
/// <param name="Environment">The state of the environment variables that matter.</param>
/// <param name="Variables">Their names.</param>
/// <param name="Entries">What was looked at, by path.</param>
internal sealed record PassRecord(
    int Objects, string Environment, ImmutableArray<string> Variables, ImmutableDictionary<string, PassEntry> Entries)
{
    private const int FormatVersion = 3;

    /// <summary>This record, with what a later pass has seen in place of what it had seen before.</summary>
    /// <param name="files">What the later pass has looked at.</param>
    /// <param name="sources">The paths that matter to some probes only.</param>
    public PassRecord With(FileTable files, IReadOnlySet<string> sources)
    {
        var now = FileStamp.Now();
        var entries = Entries.ToBuilder();
        foreach (var (path, seen) in files.Files)
            entries[path] = Entry(path, seen, directory: false);
        foreach (var (path, seen) in files.Listings)
            entries[path] = Entry(path, seen, directory: true);
        return this with { Entries = entries.ToImmutable() };

        PassEntry Entry(string path, RememberedFile seen, bool directory) => new(
            seen.Stamp, seen.Digest, seen.Stamp.IsRacy(now), directory, sources.Contains(path) && IsNoMoreThanSource(path));
    }

    // What matters to everything goes on doing so when a probe happens to read it as well.
    private bool IsNoMoreThanSource(string path) => !Entries.TryGetValue(path, out var before) || before.IsSource;

    /// <summary>The bytes that the index keeps.</summary>
    public byte[] Encode()
    {
        using var stream = new MemoryStream(Entries.Count * 128);
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(FormatVersion);
            writer.Write(Objects);
            writer.Write(Environment);
            writer.Write(Variables.Length);
            foreach (var variable in Variables)
                writer.Write(variable);
            writer.Write(Entries.Count);
            foreach (var (path, entry) in Entries)
            {
                writer.Write(path);
                entry.Write(writer);
            }
        }
        return stream.ToArray();
    }

    /// <summary>Reads <see cref="Encode"/> back; null for anything else.</summary>
    public static PassRecord? Decode(byte[] content)
    {
        var entries = ImmutableDictionary.CreateBuilder<string, PassEntry>(StringComparer.Ordinal);
        return Walk(content, (path, entry) => { entries[path] = entry; return true; }) is var (objects, environment, variables)
            ? new PassRecord(objects, environment, variables, entries.ToImmutable())
            : null;
    }

    /// <summary>Compares a record with the world.</summary>
    /// <param name="content">What <see cref="Encode"/> gave.</param>
    /// <param name="environment">The present state of variables, given their names.</param>
    public static WorldChange Compare(byte[] content, Func<IReadOnlyCollection<string>, string> environment)
    {
        var changed = ImmutableArray.CreateBuilder<string>();
        var restamped = ImmutableArray.CreateBuilder<string>();
        var walked = Walk(content, (path, entry) =>
        {
            if (entry.HasSameStamp(path))
                return true;
            var same = entry.HasSameContent(path);
            (same ? restamped : changed).Add(path);
            return same || entry.IsSource;
        });
        return walked is var (objects, state, variables) && environment(variables) == state
            ? new WorldChange(false, changed.ToImmutable(), restamped.ToImmutable(), objects)
            : WorldChange.Unknown;
    }

    /// <summary>This record with new stamps for paths whose content is known to be the same.</summary>
    public PassRecord Restamp(IEnumerable<string> paths)
    {
        var now = FileStamp.Now();
        var entries = Entries.ToBuilder();
        foreach (var path in paths)
            if (entries.TryGetValue(path, out var entry) && FileStamp.Of(path) is var stamp && entry.HasSameContent(path))
                entries[path] = entry with { Stamp = stamp, IsRacy = stamp.IsRacy(now) };
        return this with { Entries = entries.ToImmutable() };
    }

    private static int Count(BinaryReader reader) =>
        reader.ReadInt32() is >= 0 and var count ? count : throw new FormatException("a count below zero");

    // One pass over the bytes without building anything: the visitor stops it by returning false.
    private static (int Objects, string Environment, ImmutableArray<string> Variables)? Walk(
        byte[] content, Func<string, PassEntry, bool> visit)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
            if (reader.ReadInt32() != FormatVersion)
                return null;
            var (objects, environment) = (reader.ReadInt32(), reader.ReadString());
            var variables = ImmutableArray.CreateBuilder<string>();
            for (var count = Count(reader); count > 0; count--)
                variables.Add(reader.ReadString());
            for (var count = Count(reader); count > 0; count--)
                if (!visit(reader.ReadString(), PassEntry.Read(reader)))
                    return null;
            // A count that is too low would leave paths out.
            return reader.BaseStream.Position == content.Length ? (objects, environment, variables.ToImmutable()) : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException or OverflowException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>How the world differs from a record.</summary>
/// <param name="IsUnknown">Whether something differs that can matter to every probe, or cannot be told.</param>
/// <param name="Paths">Otherwise, the sources and objects that are different.</param>
/// <param name="Restamped">Paths that look different and are not.</param>
/// <param name="Objects">How many objects were up to date.</param>
internal sealed record WorldChange(
    bool IsUnknown, ImmutableArray<string> Paths, ImmutableArray<string> Restamped, int Objects)
{
    /// <summary>Nothing can be said.</summary>
    public static readonly WorldChange Unknown = new(true, [], [], 0);

    /// <summary>Whether everything is as it was.</summary>
    public bool IsNone => !IsUnknown && Paths.IsEmpty;
}

/// <summary>One path of a record.</summary>
/// <param name="Stamp">What the file system said of it.</param>
/// <param name="Digest">Its content, or the names in it.</param>
/// <param name="IsRacy">Whether the stamp proves nothing.</param>
/// <param name="IsDirectory">Whether the names in it were looked at, not its content.</param>
/// <param name="IsSource">Whether it matters to some probes only.</param>
internal readonly record struct PassEntry(FileStamp Stamp, Digest Digest, bool IsRacy, bool IsDirectory, bool IsSource)
{
    /// <summary>Whether the stamp proves that the path is as it was.</summary>
    public bool HasSameStamp(string path) => !IsRacy && FileStamp.Of(path) == Stamp;

    /// <summary>Whether the path holds what it held, whatever its stamp.</summary>
    public bool HasSameContent(string path)
    {
        var now = IsDirectory ? FileTable.ReadListing(path) : FileTable.ReadFile(path);
        return now.Stamp.Exists == Stamp.Exists && now.Digest == Digest;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write((byte)((IsDirectory ? 1 : 0) | (IsSource ? 2 : 0) | (IsRacy ? 4 : 0)));
        writer.Write(Stamp.Size);
        writer.Write(Stamp.Modified);
        writer.Write(Stamp.Changed);
        writer.Write(Stamp.Inode);
        writer.Write(Digest.ToBytes());
        writer.Write(Digest.Size);
    }

    public static PassEntry Read(BinaryReader reader)
    {
        var flags = reader.ReadByte();
        var stamp = new FileStamp(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadUInt64());
        Span<byte> hash = stackalloc byte[Digest.HashLength];
        reader.BaseStream.ReadExactly(hash);
        return new PassEntry(stamp, Digest.FromBytes(hash, reader.ReadInt64()), (flags & 4) != 0, (flags & 1) != 0, (flags & 2) != 0);
    }
}
