using System.Text;
using System.Text.RegularExpressions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// Asks cargo what a workspace consists of, and remembers the answer until a manifest, the lock file, a Cargo
/// configuration file or the names in a directory that cargo looks into change. What was said of another clone holds here
/// when all of that is the same.
/// </summary>
internal sealed partial class CargoMetadata(Memo memo, FileTable files, IPrograms programs, Toolchain toolchain)
{
    private static readonly string[] Variables = ["CARGO_HOME", "RUSTUP_TOOLCHAIN"];

    /// <summary>The workspace at a directory, or a diagnostic that says what is wrong with it.</summary>
    public (CargoWorkspace? Workspace, Diagnostic? Error) Read(string directory)
    {
        if (!Path.Exists(Path.Combine(directory, "Cargo.toml")))
            return (null, Diagnostic.Error(
                "BPFI1010", $"{directory} has no Cargo.toml", "correct \"workspaces\" in bpfincr.json, or run cargo init there"));
        try
        {
            return (memo.Get($"packages {directory} {toolchain.Cargo}", MemoJson.Default.MemoEntryCargoWorkspace, () => Learn(directory)), null);
        }
        catch (CargoFailedException e)
        {
            return (null, e.Diagnostic);
        }
    }

    /// <summary>What cargo says of the workspace at a directory with a manifest, or a diagnostic that says why it cannot; nothing is remembered.</summary>
    public static (CargoWorkspace? Workspace, Diagnostic? Error) Ask(string directory, Toolchain toolchain, IPrograms programs)
    {
        var manifest = Path.Combine(directory, "Cargo.toml");
        var (json, errors) = FileStamp.IsRegularFile(manifest) ? programs.Metadata(toolchain, directory) : (null, $"{manifest} is no file that can be read");
        return json is not null
            ? (CargoWorkspace.Parse(Encoding.UTF8.GetBytes(json)), null)
            : (null, Diagnostic.Error("BPFI1011", $"cargo cannot read the workspace at {directory}") with { Detail = errors.Trim() });
    }

    private (CargoWorkspace Workspace, Dependencies? Dependencies) Learn(string directory)
    {
        if (KnownOfAnotherClone(directory) is { } ofAnother)
            return ofAnother;
        var (answer, error) = Ask(directory, toolchain, programs);
        var workspace = answer ?? throw new CargoFailedException(error!);
        // Cargo brings it up to date, and what it says is about that one.
        if (Path.Combine(directory, "Cargo.lock") is var lockFile && FileTable.ReadFile(lockFile) is { Stamp.Exists: true } now)
            files.Wrote(lockFile, now.Digest);
        var dependencies = DependenciesOf(workspace);
        if (workspace.Root == directory && workspace.MovedTo(directory) is not null && dependencies.AreAsSeen(files) && NameInAnyClone(directory) is { } name)
            memo.Remember(name, new ClonedWorkspace(workspace, StateInAnyClone(directory, dependencies)), MemoJson.Default.ClonedWorkspace);
        return (workspace, dependencies);
    }

    // Null without a lock file, as cargo then has to make one; without a workspace, as cargo then looks for one above; and
    // behind a link, as cargo then says where it really is.
    private string? NameInAnyClone(string directory)
    {
        if (IsBehindLink(directory))
            return null;
        var manifest = Path.Combine(directory, "Cargo.toml");
        return files.DigestOf(manifest) is { } own && files.DigestOf(Path.Combine(directory, "Cargo.lock")) is { } lockFile
            && WorkspaceTable().IsMatch(File.ReadAllText(manifest))
            ? $"packages {own.Hash} {lockFile.Hash} {toolchain.Cargo}"
            : null;
    }

    private static bool IsBehindLink(string? directory) =>
        directory is not null && (new DirectoryInfo(directory).LinkTarget is not null || IsBehindLink(Path.GetDirectoryName(directory)));

    private (CargoWorkspace, Dependencies)? KnownOfAnotherClone(string directory)
    {
        if (NameInAnyClone(directory) is not { } name
            || memo.Recall(name, MemoJson.Default.ClonedWorkspace) is not { } known
            || known.Workspace.MovedTo(directory) is not { } here)
            return null;
        var dependencies = DependenciesOf(here);
        return StateInAnyClone(directory, dependencies) == known.State ? (here, dependencies) : null;
    }

    // Of the places outside that cargo looks into, only those count in which it finds something.
    private string StateInAnyClone(string root, Dependencies dependencies)
    {
        var inside = dependencies.Files.Where(f => IsWithin(f, root)).Select(f => $"{f[root.Length..]} {files.DigestOf(f)?.Hash ?? "missing"}");
        var outside = dependencies.Files.Where(f => !IsWithin(f, root) && files.DigestOf(f) is not null).Select(f => $"{f} {files.DigestOf(f)!.Value.Hash}");
        var names = dependencies.Directories.Select(d => $"{d[root.Length..]} {files.ListingOf(d).Hash}");
        return Digest.OfText(string.Join('\n', [.. inside, "outside", .. outside, "names", .. names, .. dependencies.Values()])).Hash;
    }

    private static Dependencies DependenciesOf(CargoWorkspace workspace)
    {
        var packages = workspace.Packages.Values.Where(p => p.Source is null).ToList();
        string[] files =
        [
            Path.Combine(workspace.Root, "Cargo.toml"),
            Path.Combine(workspace.Root, "Cargo.lock"),
            .. packages.Select(p => p.ManifestPath),
            .. packages.SelectMany(p => ManifestsAbove(p, workspace.Root)),
            .. ConfigFiles(workspace.Root),
        ];
        // Where bins and build scripts are found by their place, and where globs find members.
        var directories = packages.SelectMany(p => (string[])
            [p.Directory, Path.Combine(p.Directory, "src"), .. BinDirectories(p)]);
        // Globs find members in the directories above; a package elsewhere is found by its own path.
        var above = packages.Select(p => Path.GetDirectoryName(p.Directory)!).Where(d => IsWithin(d, workspace.Root));
        return new Dependencies(Distinct(files), Distinct([.. directories, .. above, .. MemberDirectories(workspace.Root)]), Variables);
    }

    // A glob that finds nothing yet may find a member later: the directories in which it looks, and those that it finds.
    private static IEnumerable<string> MemberDirectories(string root)
    {
        var manifest = Path.Combine(root, "Cargo.toml");
        if (!File.Exists(manifest) || TomlText.Parse(File.ReadAllText(manifest)) is not { } table)
            return [];
        return TomlText.Strings(TomlText.Table(table, "workspace"), "members").Where(HasGlob).SelectMany(pattern =>
        {
            List<string> looked = [], places = [root];
            foreach (var part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (HasGlob(part))
                    looked.AddRange(places);
                places = [.. places.SelectMany(p => HasGlob(part) ? SubdirectoriesOf(p) : [Path.Combine(p, part)])];
            }
            return looked.Concat(places);
        });
    }

    private static bool HasGlob(string pattern) => pattern.AsSpan().ContainsAny("*?[");

    private static string[] SubdirectoriesOf(string directory) =>
        Directory.Exists(directory) ? [.. Directory.GetDirectories(directory).Where(d => FileTable.Counts(Path.GetFileName(d)))] : [];

    private static string[] BinDirectories(CargoPackage package)
    {
        // One that is not there yet will be a new name in src, unless a link already has that name.
        var bin = Path.Combine(package.Directory, "src/bin");
        if (Directory.Exists(bin))
            return [bin, .. Directory.GetDirectories(bin)];
        return new FileInfo(bin).LinkTarget is null ? [] : [bin];
    }

    /// <summary>The manifests from which a package outside the workspace may inherit: those above it, there or not.</summary>
    public static IEnumerable<string> ManifestsAbove(CargoPackage package, string root)
    {
        if (IsWithin(package.Directory, root))
            yield break;
        for (var d = Path.GetDirectoryName(package.Directory); d is not null; d = Path.GetDirectoryName(d))
            yield return Path.Combine(d, "Cargo.toml");
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith($"{directory}/", StringComparison.Ordinal);

    /// <summary>Every place where cargo looks for configuration that applies to a directory.</summary>
    public static IEnumerable<string> ConfigFiles(string directory) =>
        ConfigPlaces(directory).SelectMany(f => Included(f).Prepend(f)).Distinct(StringComparer.Ordinal);

    /// <summary>The variables that cargo's configuration sets for all that it calls.</summary>
    public static IEnumerable<string> ConfiguredVariables(string directory) => ConfigFiles(directory)
        .Where(File.Exists)
        .SelectMany(f => TomlText.Parse(File.ReadAllText(f)) is { } config ? TomlText.Table(config, "env").Keys : [])
        .Distinct(StringComparer.Ordinal);

    /// <summary>Whether cargo's configuration asks for a standard library that cargo compiles, and for nothing else that is unstable.</summary>
    public static bool ConfiguresCore(string directory) => ConfigFiles(directory)
        .Where(File.Exists)
        .SelectMany(f => TomlText.Parse(File.ReadAllText(f)) is { } config ? TomlText.Table(config, "unstable").Keys : [])
        .ToList() is { Count: > 0 } keys && keys.TrueForAll(key => key.StartsWith("build-std", StringComparison.Ordinal));

    // A configuration file may include others: every string in it that could name one counts as if it did.
    private static IEnumerable<string> Included(string file)
    {
        if (!File.Exists(file) || File.ReadAllText(file) is not { } text || !text.Contains("include", StringComparison.Ordinal))
            return [];
        return TomlName().Matches(text).Select(m => Path.GetFullPath(m.Groups[1].Value, Path.GetDirectoryName(file)!));
    }

    [GeneratedRegex(@"^\s*\[\s*workspace\s*[\].]", RegexOptions.Multiline)]
    private static partial Regex WorkspaceTable();

    [GeneratedRegex("[\"']([^\"'\n]+\\.toml)[\"']")]
    private static partial Regex TomlName();

    private static IEnumerable<string> ConfigPlaces(string directory)
    {
        for (var d = directory; d is not null; d = Path.GetDirectoryName(d))
        {
            yield return Path.Combine(d, ".cargo", "config");
            yield return Path.Combine(d, ".cargo", "config.toml");
        }
        var home = Environment.GetEnvironmentVariable("CARGO_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cargo");
        // Cargo is run in this directory, and takes a relative path from there.
        yield return Path.GetFullPath(Path.Combine(home, "config"), directory);
        yield return Path.GetFullPath(Path.Combine(home, "config.toml"), directory);
    }

    private static string[] Distinct(IEnumerable<string> paths) => [.. paths.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private sealed class CargoFailedException(Diagnostic diagnostic) : Exception(diagnostic.Message)
    {
        public Diagnostic Diagnostic => diagnostic;
    }
}
