using System.Collections.Immutable;
using BpfIncr.Cache.Actions.Proto;
using Google.Protobuf;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Actions;

/// <summary>
/// What a step reads: relative names and the digests of their content. The names are the step's own, with
/// <c>/</c> between parts; they never say where a file lies on this machine.
/// </summary>
public sealed class InputTree
{
    // No system takes a longer path, nobody has a deeper one, and no action has as many files that their names would be longer.
    private const int LongestPath = 4096, DeepestPath = 512, LongestTree = 16 << 20;

    private readonly SortedDictionary<string, Digest> _files = new(CodePointOrder.Instance);

    /// <summary>An empty tree.</summary>
    public InputTree()
    {
    }

    /// <summary>A tree of the given files.</summary>
    public InputTree(IEnumerable<KeyValuePair<string, Digest>> files)
    {
        foreach (var (name, digest) in files)
            _files[name] = digest;
    }

    /// <summary>Every file, ordered by name.</summary>
    public IReadOnlyDictionary<string, Digest> Files => _files;

    /// <summary>Adds a file, or replaces the one of that name.</summary>
    public void Add(string name, Digest digest) => _files[name] = digest;

    /// <summary>The Merkle tree as the API's messages, the root first, with the root's digest.</summary>
    internal (Digest Root, ImmutableArray<Proto.Directory> Directories) ToDirectories()
    {
        var directories = ImmutableArray.CreateBuilder<Proto.Directory>();
        var root = Append([.. _files.Select(f => (f.Key.Split('/'), f.Value))], 0, directories);
        return (root, directories.ToImmutable());
    }

    // Depth first; the API wants files and directories each ordered by name.
    private static Digest Append(
        List<(string[] Parts, Digest Digest)> files, int depth, ImmutableArray<Proto.Directory>.Builder directories)
    {
        var directory = new Proto.Directory();
        directories.Add(directory);
        foreach (var (parts, digest) in files.Where(f => f.Parts.Length == depth + 1))
            directory.Files.Add(new FileNode { Name = parts[depth], Digest = digest.ToProto() });
        var below = files.Where(f => f.Parts.Length > depth + 1)
            .GroupBy(f => f.Parts[depth], StringComparer.Ordinal)
            .OrderBy(g => g.Key, CodePointOrder.Instance);
        foreach (var group in below)
        {
            var digest = Append([.. group], depth + 1, directories);
            directory.Directories.Add(new DirectoryNode { Name = group.Key, Digest = digest.ToProto() });
        }
        return Digest.Of(directory.ToByteArray());
    }

    /// <summary>
    /// Reads a tree back from the messages of <see cref="ToDirectories"/>, with its root's digest; null unless they hash to each
    /// other. They may come from anywhere: whatever they say, this takes little time and memory.
    /// </summary>
    internal static (InputTree Tree, Digest Root)? From(IReadOnlyList<Proto.Directory> directories)
    {
        var (tree, characters) = (new InputTree(), 0L);
        var root = directories.Count > 0 ? DigestOf(directories[0]) : default;
        // The directories to come, the next one on top.
        var open = new Stack<(string Prefix, Digest Digest)>([("", root)]);
        foreach (var directory in directories)
        {
            if (!open.TryPop(out var expected) || DigestOf(directory) != expected.Digest)
                return null;
            foreach (var file in directory.Files)
            {
                var name = expected.Prefix + file.Name;
                if (!IsPlausible(name) || (characters += name.Length) > LongestTree || !file.Digest.TryToDigest(out var digest))
                    return null;
                tree.Add(name, digest);
            }
            foreach (var child in directory.Directories.Reverse())
            {
                var prefix = $"{expected.Prefix}{child.Name}/";
                if (!IsPlausible(prefix) || (characters += prefix.Length) > LongestTree || !child.Digest.TryToDigest(out var digest))
                    return null;
                open.Push((prefix, digest));
            }
        }
        return open.Count == 0 ? (tree, root) : null;
    }

    /// <summary>Whether something can be the name of a file in a tree, as far as its length and depth are concerned.</summary>
    internal static bool IsPlausible(string name) => name.Length <= LongestPath && name.AsSpan().Count('/') <= DeepestPath;

    private static Digest DigestOf(Proto.Directory directory) => Digest.Of(directory.ToByteArray());
}
