using System.Collections.Immutable;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>
/// What keys know of the files that a unit uses. Each unit has to say for itself what it reads: where only another one says so,
/// a key changes with the file, and cargo still has no reason to make this unit again.
/// </summary>
/// <param name="snapshot">What was built.</param>
/// <param name="copy">Where it was built.</param>
/// <param name="files">What is in directories.</param>
/// <param name="unit">The workspace.</param>
/// <param name="call">The cargo call.</param>
internal sealed class KnownFiles(Snapshot snapshot, SourceCopy copy, FileTable files, CargoUnit unit, TracedCall call)
{
    // The kernel's own, and what a program reads before its first line, to know which language it speaks, or to say where it failed.
    private static readonly string[] OfEveryProgram = ["/proc", "/sys", "/dev", "/etc/ld.so.cache", "/etc/ld.so.preload", "/usr/lib/locale", "/usr/share/locale", "/usr/lib/debug"];

    // A file there is a file as any other; it is only in memory.
    private const string SharedMemory = "/dev/shm";

    // Of the C library, in a directory of the machine's kind.
    private const string Conversions = "/gconv/";

    private readonly UnitPaths _paths = new(unit);
    private readonly Dictionary<TracedUnit, Known> _known = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether a key tells that a unit uses a file, or the file is always the same for such a key.</summary>
    public bool Has(TracedUnit traced, FileEvent used) =>
        IsFixed(used.Path) || IsFixed(used.RealPath) || IsOfToolchain(used.RealPath) || IsLibrary(used) || Of(traced).Has(used.Path) || Of(traced).Has(used.RealPath);

    private bool IsFixed(string path) =>
        copy.IsMade(path)
        || (OfEveryProgram.Any(d => IsWithin(path, d)) && !IsWithin(path, SharedMemory))
        || path.Contains(Conversions, StringComparison.Ordinal)
        // A version of a package has one content.
        || unit.Workspace.Packages.Values.Any(p => p.Source is not null && IsWithin(path, p.Directory));

    private bool IsOfToolchain(string path) => snapshot.Toolchain.Toolchain is var toolchain
        && (path == toolchain.Cargo || toolchain.IdentityFiles.Contains(path) || IsWithin(path, Path.Combine(toolchain.Sysroot, "lib", "rustlib")));

    // Those that a program is linked with: their interface is in their name.
    private bool IsLibrary(FileEvent used) => used.Use == FileUse.Read && !copy.IsSource(used.RealPath)
        && Path.GetFileName(used.RealPath) is var name && (name.EndsWith(".so", StringComparison.Ordinal) || name.Contains(".so.", StringComparison.Ordinal));

    private Known Of(TracedUnit traced)
    {
        if (!_known.TryGetValue(traced, out var known))
            _known[traced] = known = Known.Of([.. PathsOf(traced)], unit.Workspace.Root, files, snapshot.Settings.Inputs.SelectMany(i => (string[])[i, copy.OriginalOf(i)]));
        return known;
    }

    private IEnumerable<PathSet> PathsOf(TracedUnit traced)
    {
        if (traced.Crate is { } crate)
            // rustc looks into the sources of a crate that it uses; the crate is another one with other sources.
            return (CrateClosure.Of(crate.Externs, crate.IsLinked) ?? []).Select(CrateClosure.DepInfoOf).Where(File.Exists)
                .Append(File.Exists(crate.DepInfoPath) ? crate.DepInfoPath : null)
                .Select(d => _paths.OfCrate(traced.Package, d, []));
        return call.Scripts.Where(s => s.PackageId == traced.Package.Id)
            .Select(s => _paths.OfBuildScript(traced.Package, Path.Combine(Path.GetDirectoryName(s.OutDir)!, "output")));
    }

    private static bool IsWithin(string path, string directory) => path == directory || path.StartsWith($"{directory}/", StringComparison.Ordinal);

    // Files, and directories of which every name counts, or where there is no slash at the end every one that is of interest.
    private sealed record Known(ImmutableHashSet<string> Files, ImmutableArray<string> Trees)
    {
        public static Known Of(ImmutableArray<PathSet> paths, string root, FileTable files, IEnumerable<string> declared)
        {
            var named = paths.SelectMany(p => p.Resolve(root, files).Select(f => f.Path)).ToList();
            return new Known(
                [.. named, .. named.Select(RealPath.Of)],
                [.. paths.SelectMany(p => p.Trees).Select(t => Path.GetFullPath(t, root)).Concat(declared).SelectMany(t => (string[])[t, RealPath.Of(t) + (t.EndsWith('/') ? "/" : "")])]);
        }

        public bool Has(string path) => Files.Contains(path) || Trees.Any(t => IsWithin(path, t.TrimEnd('/')) && (t.EndsWith('/') || Counts(path[t.Length..])));

        private static bool Counts(string below) => below.Split('/', StringSplitOptions.RemoveEmptyEntries).All(FileTable.Counts);
    }
}
