using System.Collections.Immutable;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// Keeps cargo honest, and learns from it what rustc read. Cargo decides by modification times what is fresh; a file
/// that changed under an old time (an unpacked archive, a restored backup) stays fresh for it. So for each unit that
/// cargo compiles, a proof is written beside the unit's dep-info file: a digest of all that rustc read, and one of what it
/// made. A unit that cargo calls fresh is believed only when its proof still holds; else it is stale, and has to be cleaned
/// and compiled again.
/// </summary>
/// <param name="unit">The workspace.</param>
/// <param name="salt">What the units depend on besides files and variables: toolchain, flags, declared inputs.</param>
/// <param name="files">Digests of files.</param>
/// <param name="started">When cargo was started: what changed later may or may not have been read.</param>
internal sealed class UnitLedger(CargoUnit unit, string salt, FileTable files, long started)
{
    private readonly string _root = unit.Workspace.Root;
    private readonly UnitPaths _paths = new(unit);
    private readonly Dictionary<string, List<LedgerUnit>> _units = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> _generated = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _ended = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stale = new(StringComparer.Ordinal);
    private readonly HashSet<string> _torn = new(StringComparer.Ordinal);

    /// <summary>Names of the packages that cargo called fresh and that are not.</summary>
    public IReadOnlyCollection<string> StalePackages => _stale;

    /// <summary>Takes note of a build script's run: what it depends on, and which variables are its own.</summary>
    public void Add(BuildScriptMessage message)
    {
        _generated[message.PackageId] = message.Variables;
        if (Package(message.PackageId) is not { } package)
            return;
        var output = Path.Combine(Path.GetDirectoryName(message.OutDir)!, "output");
        var ended = FileStamp.Of(output).Changed;
        var paths = _paths.OfBuildScript(package, output);
        // Some scripts write into a directory that they depend on. What an earlier round has seen there may be written anew.
        var hasStayed = !ChangedSinceStart(FilesOf(paths with { Trees = [] })) && FilesOf(paths with { Files = [] }).All(HasStayed);
        var since = hasStayed ? Math.Max(ended + 1, started) : started;
        Note(package, package.Id, paths, [output, message.OutDir], $"{output}.inputs", fresh: ended < started, since);
        // The code of the package is read when its script has ended.
        if (ended >= started)
            _ended[package.Id] = Math.Min(_ended.GetValueOrDefault(package.Id, long.MaxValue), ended + 1);
    }

    /// <summary>Takes note of a unit that cargo compiled or found fresh.</summary>
    /// <param name="message">Cargo's message.</param>
    /// <param name="depInfo">Its dep-info file; null when there is none to be found.</param>
    /// <param name="products">What was made for it.</param>
    public void Add(ArtifactMessage message, string? depInfo, ImmutableArray<string> products)
    {
        if (Package(message.PackageId) is not { } package)
            return;
        var paths = _paths.OfCrate(package, depInfo, GeneratedBy(package));
        // A bin is nobody's dependency: what it reads matters to that bin alone.
        var owner = message.Kinds.Contains("bin") ? BinKey(package, message.Target) : package.Id;
        if (!message.Fresh && paths.Files.Any(f => HasGone(Path.GetFullPath(f, _root))))
            _torn.Add(owner);
        var since = message.Kinds.Contains("custom-build") ? started : _ended.GetValueOrDefault(package.Id, started);
        Note(package, owner, paths, products, depInfo is null ? null : $"{depInfo}.inputs", message.Fresh, since);
    }

    /// <summary>Takes note that what cargo called fresh in a package cannot be used.</summary>
    public void Distrust(CargoPackage package) => _stale.Add(package.Name);

    /// <summary>What rustc and the build scripts read for a bin and all packages of its closure.</summary>
    public PathSet PathsOf(Probe probe, IEnumerable<CargoPackage> closure)
    {
        var sets = Owners(probe, closure).SelectMany(o => _units.GetValueOrDefault(o, [])).Select(u => u.Paths).ToList();
        return new PathSet(Union(s => s.Files), Union(s => s.Trees), Union(s => s.Variables));

        ImmutableSortedSet<string> Union(Func<PathSet, IEnumerable<string>> part) =>
            sets.SelectMany(part).ToImmutableSortedSet(StringComparer.Ordinal);
    }

    /// <summary>The units of a closure other than bins.</summary>
    public IEnumerable<LedgerUnit> UnitsBelow(IEnumerable<CargoPackage> closure) =>
        closure.SelectMany(p => _units.GetValueOrDefault(p.Id, []));

    /// <summary>The variables that the build script of a package sets.</summary>
    public ImmutableArray<string> GeneratedBy(CargoPackage package) => _generated.GetValueOrDefault(package.Id, []);

    /// <summary>Takes units below a bin from an earlier session, if every one was compiled from what is there now.</summary>
    public bool TryRestore(Probe probe, RecordedCompile record)
    {
        if (!Hold(record.Units))
            return false;
        _units[BinKey(probe.Package, probe.Name)] = [.. record.Units.Select(u => u with { Since = started })];
        _generated[probe.Package.Id] = record.Generated;
        return true;
    }

    /// <summary>Whether units are still what they were: nobody compiled them anew, and their inputs and products are the same.</summary>
    public bool Hold(IEnumerable<LedgerUnit> units) => units.All(u =>
        u.Sidecar is not null && File.Exists(u.Sidecar) && File.ReadAllText(u.Sidecar) == u.Proof && ProofOf(u.Paths, u.Products) == u.Proof);

    /// <summary>Whether one of these files changed after cargo was started.</summary>
    public bool ChangedSinceStart(IEnumerable<string> paths) => PathChanges.Since(started, paths);

    /// <summary>Whether something that was read for a bin and its closure may have changed since.</summary>
    public bool ChangedSinceRead(Probe probe, IEnumerable<CargoPackage> closure) => Owners(probe, closure).Any(o =>
        _torn.Contains(o) || _units.GetValueOrDefault(o, []).Exists(u => PathChanges.Since(u.Since, FilesOf(u.Paths))));

    private bool HasStayed(string path) => files.Files.ContainsKey(path) && files.IsAsSeen(path);

    private IEnumerable<string> FilesOf(PathSet paths) => paths.Resolve(_root, files).Select(f => f.Path);

    // What rustc has read was there; that it is not there any more shows in the directory that it was in.
    private bool HasGone(string path)
    {
        if (File.Exists(path))
            return false;
        var above = Path.GetDirectoryName(path);
        while (above is not null && !Directory.Exists(above))
            above = Path.GetDirectoryName(above);
        return above is not null && FileStamp.Of(above).Changed >= started;
    }

    private static IEnumerable<string> Owners(Probe probe, IEnumerable<CargoPackage> closure) =>
        closure.Select(p => p.Id).Append(BinKey(probe.Package, probe.Name));

    private static string BinKey(CargoPackage package, string bin) => $"{package.Id} bin {bin}";

    private void Note(CargoPackage package, string owner, PathSet paths, ImmutableArray<string> products, string? sidecar, bool fresh, long since)
    {
        if (!_units.TryGetValue(owner, out var known))
            _units[owner] = known = [];
        if (!fresh && paths.Trees.Any(t => files.LookAgainBelow(Path.GetFullPath(t, _root), started)))
            _torn.Add(owner);
        var digest = ProofOf(paths, products);
        known.Add(new LedgerUnit(sidecar, paths, products, digest) { Since = since });
        if (sidecar is null)
            return;
        if (!fresh && !_torn.Contains(owner) && !PathChanges.Since(since, FilesOf(paths)))
            File.WriteAllText(sidecar, digest);
        else if (!fresh)
            File.Delete(sidecar);
        else if (package.Source is null && (!File.Exists(sidecar) || File.ReadAllText(sidecar) != digest))
            _stale.Add(package.Name);
    }

    private string ProofOf(PathSet paths, IEnumerable<string> products)
    {
        var read = Digest.OfText(string.Join('\n',
        [
            salt,
            .. paths.Resolve(_root, files).Select(f => $"{f.Name} {files.LookAgainAt(f.Path)?.Hash ?? "missing"}"),
            .. paths.Variables.Select(v => $"{v}={Environment.GetEnvironmentVariable(v)}"),
        ]));
        var made = Digest.OfText(string.Join('\n', products
            .SelectMany(p => Directory.Exists(p) ? Directory.GetFiles(p, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : (IEnumerable<string>)[p])
            .Select(p => $"{Path.GetFileName(p)} {files.DigestNow(p)?.Hash ?? "missing"}")));
        return $"{read.Hash} {made.Hash}";
    }

    private CargoPackage? Package(string id) => unit.Workspace.Packages.GetValueOrDefault(id);
}
