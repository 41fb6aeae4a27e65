using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Maintenance;

/// <summary>Results that stay, whatever the limits are: <c>pins/NAME</c> lists the hashes of their keys, one a line.</summary>
/// <param name="root">The versioned cache directory.</param>
public sealed class CachePins(string root)
{
    private readonly string _directory = Path.Combine(root, "pins");

    /// <summary>The names of the pins, with how many results each of them keeps.</summary>
    public IReadOnlyList<(string Name, int Results)> All() =>
        [.. Files().Select(f => (Path.GetFileName(f), KeysIn(f).Count())).Order()];

    /// <summary>The hashes of the keys of every pinned result.</summary>
    public IReadOnlySet<string> Keys() => Files().SelectMany(KeysIn).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether something can be the name of a pin: it becomes that of a file.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 200 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+');

    /// <summary>Makes a pin, in the place of one of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="keys">Hashes of the keys of its results.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Set(string name, IEnumerable<string> keys)
    {
        Directory.CreateDirectory(_directory);
        var temporary = Path.Combine(_directory, $".{Guid.NewGuid():n}");
        File.WriteAllLines(temporary, keys.Distinct().Order(StringComparer.Ordinal));
        File.Move(temporary, Path.Combine(_directory, name), overwrite: true);
    }

    /// <summary>Removes a pin; false when there is none of that name.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public bool Remove(string name)
    {
        var path = Path.Combine(_directory, name);
        if (!IsName(name) || !File.Exists(path))
            return false;
        File.Delete(path);
        return true;
    }

    private IEnumerable<string> Files() =>
        Directory.Exists(_directory) ? Directory.EnumerateFiles(_directory).Where(f => IsName(Path.GetFileName(f))) : [];

    private static IEnumerable<string> KeysIn(string path) => File.ReadLines(path).Where(l => Digest.TryParse(l, 0, out _));
}
