using System.Collections.Immutable;
using BpfIncr.Stages.Elf;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// What rustc hands to a linker, kept instead of linked. rustc deletes its objects as soon as its linker returns,
/// and cargo wants a file at the output path or it compiles the bin again next time; so the script that plays the
/// linker (<see cref="CaptureLinker"/>) copies everything that cannot be found again into that one file:
/// <code>
/// 64 characters     the mark: a text that nothing else holds; it ends each part but the first
/// words             the directory, then the linker's command line
/// mark, words       rustc's own command line
/// mark, words       rustc's variables
/// mark, bytes …     each file that the command line hands over: the list of symbols to keep, the objects
/// mark
/// </code>
/// Each word has a zero behind it.
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
    /// <summary>Reads a capture; null when the file is none, for instance because another linker wrote it, or not whole.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LinkCapture? TryRead(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or MalformedInputException)
        {
            return null;
        }
    }

    private static LinkCapture? Parse(byte[] content)
    {
        if (Parts(content) is not [var words, var call, var variables, .. var files])
            return null;
        if (RustcCall.Words(words.Span) is not [var directory, .. var arguments]
            || LinkerCommandLine.Parse(arguments) is not { } command || command.Files.Length != files.Length)
            return null;
        var contents = command.Files.Zip(files).DistinctBy(f => f.First).ToDictionary(f => f.First, f => f.Second, StringComparer.Ordinal);
        return new LinkCapture(
            command.Output, [.. command.Objects.Select(o => contents[o].ToArray())], [.. command.Exports(contents)], command.Libraries,
            RustcCall.From(call.Span, variables.Span, directory));
    }

    // Null unless the last part ends with the mark.
    private static ReadOnlyMemory<byte>[]? Parts(ReadOnlyMemory<byte> content)
    {
        if (content.Length < 2 * CaptureLinker.MarkLength)
            return null;
        var (mark, rest) = (content[..CaptureLinker.MarkLength], content[CaptureLinker.MarkLength..]);
        var parts = new List<ReadOnlyMemory<byte>>();
        for (int end; (end = rest.Span.IndexOf(mark.Span)) >= 0; rest = rest[(end + mark.Length)..])
            parts.Add(rest[..end]);
        return rest.IsEmpty ? [.. parts] : null;
    }
}
