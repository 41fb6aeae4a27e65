using System.Collections.Concurrent;
using System.Collections.Immutable;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Index;

/// <summary>
/// What local files and directories hold, each read at most once per pass and a file not at all when its stamp is
/// the one remembered. Between two calls of <see cref="Refresh()"/> a path has one digest, whatever happens on
/// disk, unless somebody asks for another look, so that one pass sees one state of the world; and all that was looked at
/// is known afterwards.
/// </summary>
public sealed class FileTable
{
    private readonly IndexDatabase _index;
    private readonly ConcurrentDictionary<string, RememberedFile> _known;
    private readonly ConcurrentDictionary<string, RememberedFile> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RememberedFile> _listings = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, List<string>> _names = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RememberedFile> _unsaved = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _unsettled = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _racy = new(StringComparer.Ordinal);
    private readonly ImmutableArray<string> _loaded;

    /// <summary>Opens the table with what the index remembers below some directories.</summary>
    public FileTable(IndexDatabase index, IEnumerable<string> directories)
    {
        _index = index;
        _loaded = [.. directories];
        _known = new ConcurrentDictionary<string, RememberedFile>(
            _loaded.SelectMany(index.FilesBelow).DistinctBy(f => f.Key), StringComparer.Ordinal);
    }

    /// <summary>Every file looked at, with what was seen: <see cref="FileStamp.Missing"/> where there was none.</summary>
    public IReadOnlyDictionary<string, RememberedFile> Files => _files;

    /// <summary>Every directory listed, with what was seen.</summary>
    public IReadOnlyDictionary<string, RememberedFile> Listings => _listings;

    /// <summary>The digest of the file at <paramref name="path"/>; null when no file can be read there.</summary>
    public Digest? DigestOf(string path) =>
        _files.GetOrAdd(path, LookAt) is { Stamp.Exists: true } file ? file.Digest : null;

    /// <summary>
    /// The digest of a file as it is at this moment, without counting it among what was looked at: for what a pass makes, and
    /// does not depend on.
    /// </summary>
    public Digest? DigestNow(string path) => LookAt(path) is { Stamp.Exists: true } file ? file.Digest : null;

    /// <summary>
    /// Looks once more at a file that somebody else has read meanwhile. Where it has changed, this pass has seen two states of
    /// the world, and none of them proves anything about the next (<see cref="IsUnsettled"/>).
    /// </summary>
    public Digest? LookAgainAt(string path)
    {
        var now = LookAt(path);
        if (_files.TryGetValue(path, out var before) && !IsSame(before, now))
            _unsettled[path] = true;
        _files[path] = now;
        return now.Stamp.Exists ? now.Digest : null;
    }

    /// <summary>Whether a file or directory that was looked at is now as it was then; so is what was not looked at.</summary>
    public bool IsAsSeen(string path) =>
        (!_files.TryGetValue(path, out var file) || IsSame(file, LookAt(path)))
        && (!_listings.TryGetValue(path, out var listing) || IsSame(listing, ReadListing(path)));

    /// <summary>
    /// Looks once more at the names below a directory, as somebody else has read them meanwhile. Gives whether they can have
    /// been others then: they are not those that were seen before, or were never seen and have changed since.
    /// </summary>
    /// <param name="directory">The directory, as for <see cref="FilesBelow(string)"/>.</param>
    /// <param name="since">When the other began, nanoseconds since 1970.</param>
    public bool LookAgainBelow(string directory, long since)
    {
        var before = ListingsBelow(directory);
        foreach (var seen in before.Keys)
            _names.TryRemove(seen, out _);
        foreach (var (seen, _) in before.Where(l => !IsSame(l.Value, _listings[l.Key] = LookAtListing(l.Key))))
            _unsettled[seen] = true;
        // Lists those that nobody has listed yet.
        _ = FilesBelow(directory).Count();
        return ListingsBelow(directory).Any(l => before.TryGetValue(l.Key, out var seen) ? !IsSame(seen, l.Value) : l.Value.Stamp.Changed > since);
    }

    private Dictionary<string, RememberedFile> ListingsBelow(string directory) => _listings
        .Where(l => l.Key == directory || l.Key.StartsWith($"{directory.TrimEnd('/')}/", StringComparison.Ordinal))
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>Whether a path was looked at so shortly after it had changed that its stamp proves nothing.</summary>
    public bool IsRacy(string path) => _racy.ContainsKey(path);

    /// <summary>Whether a file was seen in two states.</summary>
    public bool IsUnsettled(string path) => _unsettled.ContainsKey(path);

    /// <summary>
    /// A digest of the names in a directory, subdirectories marked; that of no names when there is none. Only names that
    /// count are in it (<see cref="Counts"/>), unless the directory is named with a slash at its end.
    /// </summary>
    public Digest ListingOf(string directory) => _listings.GetOrAdd(directory, LookAtListing).Digest;

    /// <summary>
    /// Every file below a directory, in the order of their paths. Links to directories are followed, but not in circles.
    /// </summary>
    /// <param name="directory">The directory; with a slash at its end every name counts, without one those of a listing.</param>
    public IEnumerable<string> FilesBelow(string directory) => FilesBelow(directory, []);

    private IEnumerable<string> FilesBelow(string directory, ImmutableHashSet<string> above)
    {
        // Looked at even when it is not there, so that it is noticed when it appears.
        ListingOf(directory);
        var (bare, mark) = (directory.TrimEnd('/'), directory.EndsWith('/') ? "/" : "");
        if (!Directory.Exists(bare))
            yield break;
        var real = new DirectoryInfo(bare).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? bare;
        if (above.Contains(real))
            yield break;
        foreach (var entry in _names.GetOrAdd(directory, Entries))
        {
            var path = $"{bare}/{entry.TrimEnd('/')}";
            if (!entry.EndsWith('/') && !Directory.Exists(path))
                yield return path;
            else
                foreach (var file in FilesBelow(path + mark, above.Add(real)))
                    yield return file;
        }
    }

    /// <summary>Forgets what was seen in this pass (not what is known of stamps), so that edits are noticed.</summary>
    public void Refresh()
    {
        _files.Clear();
        _listings.Clear();
        _names.Clear();
        _unsettled.Clear();
        _racy.Clear();
    }

    /// <summary>Whoever asks has just written a file, and knows what is in it.</summary>
    public void Wrote(string path, Digest digest) => _files[path] = Seen(path, new RememberedFile(FileStamp.Of(path), digest), FileStamp.Now());

    /// <summary>
    /// Takes new stamps of directories in which something came or went that does not count, so that the same names are
    /// recognised by stamp next time.
    /// </summary>
    public void Restamp()
    {
        foreach (var (directory, seen) in _listings)
            if (FileStamp.Of(directory) != seen.Stamp && FileStamp.Now() is var now && ReadListing(directory) is var again && again.Digest == seen.Digest)
                _listings[directory] = Seen(directory, again, now);
    }

    /// <summary>Writes newly computed digests to the index.</summary>
    public void Save()
    {
        var settled = _unsaved.ToList();
        if (settled.Count > 0)
            _index.RememberFiles(settled);
        foreach (var file in settled)
            _unsaved.TryRemove(file);
    }

    /// <summary>Whether a name counts in a listing: hidden ones, editors' backups and <c>target</c> do not.</summary>
    public static bool Counts(string name) => !name.StartsWith('.') && !name.EndsWith('~') && name != "target";

    /// <summary>A file as it is now, read whole; missing when it cannot be read.</summary>
    public static RememberedFile ReadFile(string path)
    {
        var stamp = FileStamp.Of(path);
        try
        {
            // A pipe or a device is nothing to be read: opening one may wait for ever.
            return stamp.Exists && FileStamp.IsRegularFile(path) ? new RememberedFile(stamp, Digest.OfFile(path)) : new RememberedFile(FileStamp.Missing, default);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RememberedFile(FileStamp.Missing, default);
        }
    }

    /// <summary>The names in a directory as they are now.</summary>
    public static RememberedFile ReadListing(string directory)
    {
        // The stamp is taken first: a name that appears in between makes the next look differ, not this one.
        var stamp = FileStamp.Of(directory);
        return new RememberedFile(stamp, NamesDigest(Entries(directory)));
    }

    private RememberedFile LookAtListing(string directory)
    {
        var now = FileStamp.Now();
        var stamp = FileStamp.Of(directory);
        return Seen(directory, new RememberedFile(stamp, NamesDigest(_names.GetOrAdd(directory, Entries))), now);
    }

    private RememberedFile Seen(string path, RememberedFile seen, long now)
    {
        if (seen.Stamp.IsRacy(now))
            _racy[path] = true;
        else
            _racy.TryRemove(path, out _);
        return seen;
    }

    private static bool IsSame(RememberedFile before, RememberedFile now) => before.Digest == now.Digest && before.Stamp.Exists == now.Stamp.Exists;

    private static Digest NamesDigest(List<string> names) => Digest.OfText(string.Join('\n', names));

    private RememberedFile LookAt(string path)
    {
        var now = FileStamp.Now();
        var stamp = FileStamp.Of(path);
        if (stamp.Exists && Known(path) is { } known && known.Stamp == stamp)
            return known;
        var file = ReadFile(path);
        if (!file.Stamp.Exists || file.Stamp.IsRacy(now))
            _known.TryRemove(path, out _);
        else
            _known[path] = _unsaved[path] = file;
        return Seen(path, file, now);
    }

    private RememberedFile? Known(string path) =>
        _known.TryGetValue(path, out var known) ? known : IsLoaded(path) ? null : _index.FileAt(path);

    private bool IsLoaded(string path)
    {
        foreach (var directory in _loaded)
            if (path.StartsWith(directory, StringComparison.Ordinal) && path.Length > directory.Length && path[directory.Length] == '/')
                return true;
        return false;
    }

    private static List<string> Entries(string directory)
    {
        try
        {
            return [.. new DirectoryInfo(directory).EnumerateFileSystemInfos()
                .Where(e => directory.EndsWith('/') || Counts(e.Name))
                // What a link leads to is not below this directory, and may lead back to it.
                .Select(e => e is DirectoryInfo && e.LinkTarget is null ? $"{e.Name}/" : e.Name)
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
