using System.Collections.Immutable;
using System.IO.Compression;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// What rustc hands to a linker, kept instead of linked. rustc deletes its objects as soon as its linker returns,
/// and cargo wants a file at the output path or it compiles the bin again next time; so the program that plays the
/// linker packs everything that cannot be found again into that one file, a zip archive without compression:
/// <code>
/// objects/0.bc …    the crate's own objects
/// exports.txt       the symbols that must stay visible, one a line
/// libraries.txt     absolute paths of the rlibs, in rustc's order
/// output.txt        the path cargo asked for, which tells the unit's hash
/// rustc.json        the rustc call, to be made again
/// </code>
/// </summary>
/// <param name="Output">Where cargo wanted the executable: <c>…/deps/NAME-HASH</c>.</param>
/// <param name="Objects">The bytes of the crate's objects.</param>
/// <param name="Exports">Symbols that must stay visible.</param>
/// <param name="Libraries">Paths of the rlibs in rustc's order.</param>
/// <param name="Call">The rustc call; null when it is not known.</param>
public sealed record LinkCapture(
    string Output,
    ImmutableArray<byte[]> Objects,
    ImmutableArray<string> Exports,
    ImmutableArray<string> Libraries,
    RustcCall? Call)
{
    /// <summary>Writes what a linker command line names to its output path, whole or not at all.</summary>
    /// <param name="command">The linker's command line.</param>
    /// <param name="call">The rustc call that it belongs to; null when it is not known.</param>
    /// <exception cref="IOException">An input cannot be read or the output not written.</exception>
    public static void Write(LinkerCommandLine command, RustcCall? call)
    {
        var temporary = $"{command.Output}.{Guid.NewGuid():n}";
        using (var zip = ZipFile.Open(temporary, ZipArchiveMode.Create))
        {
            var index = 0;
            foreach (var item in command.Objects)
                Add(zip, $"objects/{index++}.bc", File.ReadAllBytes(item));
            Add(zip, "exports.txt", Lines(command.Exports()));
            Add(zip, "libraries.txt", Lines(command.Libraries));
            Add(zip, "output.txt", Lines([command.Output]));
            if (call is not null)
                Add(zip, "rustc.json", call.Encode());
        }
        File.Move(temporary, command.Output, overwrite: true);
    }

    /// <summary>Reads a capture; null when the file is none, for instance because another linker wrote it.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LinkCapture? TryRead(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            var objects = zip.Entries.Where(e => e.FullName.StartsWith("objects/", StringComparison.Ordinal)).Select(Bytes);
            var call = zip.GetEntry("rustc.json") is { } entry ? RustcCall.Decode(Bytes(entry)) : null;
            return new LinkCapture(
                Text(zip, "output.txt").Single(), [.. objects], [.. Text(zip, "exports.txt")], [.. Text(zip, "libraries.txt")], call);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or FileNotFoundException)
        {
            return null;
        }
    }

    private static byte[] Lines(IEnumerable<string> lines) =>
        System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => $"{l}\n")));

    private static void Add(ZipArchive zip, string name, byte[] content)
    {
        using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        stream.Write(content);
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static IEnumerable<string> Text(ZipArchive zip, string name)
    {
        var entry = zip.GetEntry(name) ?? throw new InvalidDataException($"the capture has no {name}");
        return System.Text.Encoding.UTF8.GetString(Bytes(entry)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
