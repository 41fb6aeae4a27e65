using System.IO.Hashing;
using System.Text;

namespace BpfIncr.Cache.Index;

/// <summary>
/// What finished passes saw, as their writer encoded it: one file for each workspace and request, beside the index and
/// as dispensable. Not in the database, because this is all that a build with nothing to do reads, and opening the
/// database would cost it more than everything else. A file has a checksum, and is replaced, never written to.
/// </summary>
/// <param name="directory">The cache directory.</param>
/// <param name="readOnly">Whether nothing is to be remembered.</param>
public sealed class PassStore(string directory, bool readOnly = false)
{
    private const int ChecksumLength = 16;

    private readonly string _root = Path.Combine(directory, "passes");

    /// <summary>What was remembered; null when nothing was, or it is damaged.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="request">What the pass was asked for.</param>
    public byte[]? Read(string workspace, string request)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(workspace, request));
            Span<byte> checksum = stackalloc byte[ChecksumLength];
            if (RandomAccess.Read(file, checksum, 0) != ChecksumLength)
                return null;
            var record = new byte[RandomAccess.GetLength(file) - ChecksumLength];
            var length = RandomAccess.Read(file, record, ChecksumLength);
            return length == record.Length && XxHash128.Hash(record).AsSpan().SequenceEqual(checksum) ? record : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Remembers what a pass saw. What cannot be written is not remembered: the next run looks again.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="request">What the pass was asked for.</param>
    /// <param name="record">What it saw.</param>
    public void Write(string workspace, string request, ReadOnlySpan<byte> record)
    {
        if (readOnly)
            return;
        var path = PathOf(workspace, request);
        var temporary = $"{path}.{Guid.NewGuid():n}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(file, XxHash128.Hash(record), 0);
                RandomAccess.Write(file, record, ChecksumLength);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Forgets every pass of a workspace.</summary>
    public void Forget(string workspace)
    {
        try
        {
            Directory.Delete(DirectoryOf(workspace), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // There was none.
        }
    }

    private string PathOf(string workspace, string request) => Path.Combine(DirectoryOf(workspace), Name(request));

    private string DirectoryOf(string workspace) => Path.Combine(_root, Name(workspace));

    private static string Name(string text) => Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(text)));

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody reads it.
        }
    }
}
