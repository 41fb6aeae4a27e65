using BpfIncr.Cache.Digests;

namespace BpfIncr.Stages.Elf;

/// <summary>Reads the members that a thin archive only names: files, named from its directory.</summary>
/// <param name="directory">The directory.</param>
internal sealed class ThinMembers(string directory)
{
    // As much as an archive can hold that is read into memory.
    private long left = Array.MaxLength;

    /// <summary>The content of a member.</summary>
    /// <exception cref="MalformedInputException">It is no file, or all together are too large.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ReadOnlyMemory<byte> Read(string name)
    {
        string path = Path.Combine(directory, name);
        if (name.Contains('\0', StringComparison.Ordinal) || !FileStamp.IsRegularFile(path)) throw new MalformedInputException($"its member {path} is no file that can be read");
        left -= new FileInfo(path).Length;
        return left >= 0 ? File.ReadAllBytes(path) : throw new MalformedInputException("the files that it names are too large");
    }
}
