using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// What a pass that left everything up to date had looked at. While all of it looks the same, the next pass would find
/// nothing to do, and is not run: no configuration is parsed, no key computed, no process started. One stat for each
/// file is all that a build with nothing to do costs.
///
/// A stamp that was taken too soon after the file's last change proves nothing (see <see cref="FileStamp.IsRacy"/>);
/// such an entry is recorded with its digest, and read again until it has aged.
/// </summary>
internal sealed class PassRecord
{
    private const int FormatVersion = 1;

    private enum Kind : byte
    {
        /// <summary>The stamp decides.</summary>
        Stamped,

        /// <summary>A file whose stamp was racy: its content decides.</summary>
        RacyFile,

        /// <summary>A directory whose stamp was racy: the names in it decide.</summary>
        RacyDirectory,
    }

    /// <summary>Records what a pass has seen.</summary>
    /// <param name="files">The files and directories that were looked at.</param>
    /// <param name="environment">The state of the environment variables that matter.</param>
    /// <param name="variables">Their names.</param>
    /// <param name="objects">How many objects are up to date.</param>
    public static byte[] Encode(FileTable files, string environment, IReadOnlyCollection<string> variables, int objects)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            var now = FileStamp.Now();
            writer.Write(FormatVersion);
            writer.Write(objects);
            writer.Write(environment);
            writer.Write(variables.Count);
            foreach (var variable in variables)
                writer.Write(variable);
            writer.Write(files.Files.Count + files.Listings.Count);
            foreach (var (path, file) in files.Files)
                Write(writer, path, file, file.Stamp.IsRacy(now) ? Kind.RacyFile : Kind.Stamped);
            foreach (var (path, listing) in files.Listings)
                Write(writer, path, listing, listing.Stamp.IsRacy(now) ? Kind.RacyDirectory : Kind.Stamped);
        }
        return stream.ToArray();
    }

    /// <summary>How many objects are up to date when everything still looks the same; null when something does not, or the record is unreadable.</summary>
    /// <param name="record">What <see cref="Encode"/> gave.</param>
    /// <param name="environment">The present state of variables, given their names.</param>
    public static int? UpToDate(byte[] record, Func<IReadOnlyCollection<string>, string> environment)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(record), Encoding.UTF8);
            if (reader.ReadInt32() != FormatVersion)
                return null;
            var objects = reader.ReadInt32();
            var state = reader.ReadString();
            var variables = new string[reader.ReadInt32()];
            for (var i = 0; i < variables.Length; i++)
                variables[i] = reader.ReadString();
            if (environment(variables) != state)
                return null;
            for (var entries = reader.ReadInt32(); entries > 0; entries--)
                if (!Holds(reader))
                    return null;
            return objects;
        }
        catch (Exception e) when (e is IOException or OverflowException)
        {
            return null;
        }
    }

    private static void Write(BinaryWriter writer, string path, RememberedFile seen, Kind kind)
    {
        writer.Write((byte)kind);
        writer.Write(path);
        if (kind == Kind.Stamped)
        {
            writer.Write(seen.Stamp.Size);
            writer.Write(seen.Stamp.Modified);
            writer.Write(seen.Stamp.Changed);
            writer.Write(seen.Stamp.Inode);
        }
        else
        {
            writer.Write(seen.Digest.Hash);
        }
    }

    private static bool Holds(BinaryReader reader)
    {
        var kind = (Kind)reader.ReadByte();
        var path = reader.ReadString();
        if (kind == Kind.Stamped)
            return FileStamp.Of(path) == new FileStamp(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadUInt64());
        var hash = reader.ReadString();
        return (kind == Kind.RacyFile ? FileTable.ReadFileDigest(path) : FileTable.ReadListingDigest(path)) == hash;
    }
}
