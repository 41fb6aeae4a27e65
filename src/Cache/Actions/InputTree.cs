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

    /// <summary>Reads a tree back from the messages of <see cref="ToDirectories"/>.</summary>
    internal static InputTree From(IReadOnlyList<Proto.Directory> directories)
    {
        var tree = new InputTree();
        if (directories.Count > 0)
        {
            var next = 1;
            Collect(directories, 0, "", ref next, tree);
        }
        return tree;
    }

    private static void Collect(
        IReadOnlyList<Proto.Directory> directories, int index, string prefix, ref int next, InputTree tree)
    {
        foreach (var file in directories[index].Files)
            if (file.Digest.TryToDigest(out var digest))
                tree.Add(prefix + file.Name, digest);
        foreach (var child in directories[index].Directories)
        {
            if (next >= directories.Count)
                return;
            Collect(directories, next++, $"{prefix}{child.Name}/", ref next, tree);
        }
    }
}
