using System.Collections.Immutable;
using System.Text.RegularExpressions;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>
/// The keys of one rustc call, in two phases like those of a probe's rustc step. The weak action is what is known
/// beforehand: toolchain, arguments, what cargo says in the environment, the content of every crate that can be loaded. The
/// strong action is the weak one with the content of what rustc turned out to read.
/// </summary>
/// <param name="session">The build that the call belongs to.</param>
/// <param name="call">The call.</param>
/// <param name="crates">Every crate that it can load.</param>
internal sealed partial class CrateActions(CrateSession session, RustcCommandLine call, ImmutableSortedSet<string> crates)
{
    /// <summary>What stands in the place of a stage's name.</summary>
    public const string Stage = "crate";

    /// <summary>Changes whenever other outputs are kept for the same key.</summary>
    private const int Version = 2;

    // What rustc, or the linker below it, reads of the environment by itself.
    private static readonly string[] OfRustc = ["RUST_TARGET_PATH"];
    private static readonly string[] OfLinker = ["COMPILER_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH", "LD_RUN_PATH"];

    private readonly CratePaths _paths = new(session);
    private readonly Dictionary<string, RememberedFile> _files = new(StringComparer.Ordinal);
    private readonly ImmutableSortedDictionary<string, string> _added = RustcCall.Added(
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Where(e => (string)e.Key is not ("LD_LIBRARY_PATH" or "CARGO"))
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal));

    /// <summary>What a crate is to people, by its first type.</summary>
    public static string KindOf(string crateType) => crateType switch
    {
        "bin" => "build script",
        "proc-macro" => "proc macro",
        _ => "library",
    };

    /// <summary>The name and version of the package that a stored action's crate is of.</summary>
    public static (string Name, string Version) PackageOf(StepAction crate)
    {
        var variables = crate.Environment.ToDictionary(StringComparer.Ordinal);
        return (variables.GetValueOrDefault("CARGO_PKG_NAME", ""), variables.GetValueOrDefault("CARGO_PKG_VERSION", ""));
    }

    /// <summary>The name of a stored action's crate: <c>crate kit (library)</c>.</summary>
    public static string NameOf(StepAction crate)
    {
        const string option = "--crate-type=";
        var type = crate.Arguments.FirstOrDefault(a => a.StartsWith(option, StringComparison.Ordinal))?[option.Length..].Split(',')[0];
        return $"{Stage} {PackageOf(crate).Name} ({KindOf(type ?? "")})";
    }

    /// <summary>What is known before rustc has told what it reads.</summary>
    public StepAction Weak() => Action(null);

    /// <summary>The whole action, given what rustc reads.</summary>
    public StepAction Strong(PathSet paths) => Action(paths);

    /// <summary>What rustc read, in names that mean the same everywhere.</summary>
    public PathSet PathsOf(DepInfo info)
    {
        var files = info.Files.Select(f => Path.GetFullPath(f)).ToList();
        var literal = info.Variables.Where(v => IsLiteral(v, files));
        return new PathSet([.. files.Select(_paths.NameOf)], [], [.. literal]);
    }

    /// <summary>Whether something that the call read has gone or changed after a moment, or changed since it was looked at.</summary>
    public bool HasChanged(PathSet paths, long started) =>
        paths.Files.Any(f => !File.Exists(_paths.PathOf(f)))
        || PathChanges.Since(started, paths.Files.Select(_paths.PathOf))
        // cargo gives crates a second name, which changes nothing but their change time.
        || _files.Any(f => FileStamp.Of(f.Key) with { Changed = 0 } != f.Value.Stamp with { Changed = 0 });

    private StepAction Action(PathSet? paths)
    {
        var inputs = new InputTree(session.InputDigests());
        foreach (var crate in crates)
            Add(PathSet.OwnName("crates", Path.GetFileName(crate)), crate);
        foreach (var (directory, i) in call.NativeDirectories.Select((d, i) => (d, i)))
            foreach (var file in Directory.Exists(directory) ? Directory.EnumerateFiles(directory) : [])
                Add(PathSet.OwnName("native", $"{i}/{Path.GetFileName(file)}"), file);
        if (call.TargetFile is { } target)
            Add(PathSet.OwnName("target", "specification"), target);
        foreach (var file in paths?.Files ?? [])
            Add(CratePaths.InputName(file), _paths.PathOf(file));
        return new StepAction(
            [Stage, $"--version={Version}", .. call.Options.Select(_paths.Named)],
            Variables(paths),
            [new("toolchain", call.IsForHost ? session.Compiler : session.Toolchain), .. call.IsLinked ? [new("host", HostIdentity())] : Array.Empty<KeyValuePair<string, string>>()],
            inputs,
            [paths is null ? "path-sets" : RustcActions.OutputPattern],
            session.Universe);

        void Add(string name, string path)
        {
            if (DigestOf(path) is { } digest)
                inputs.Add(name, digest);
        }
    }

    private Dictionary<string, string> Variables(PathSet? paths)
    {
        var variables = _added.ToDictionary(v => v.Key, v => _paths.Named(v.Value), StringComparer.Ordinal);
        foreach (var name in session.Variables.Concat(OfRustc).Concat(call.IsLinked ? OfLinker : []).Concat(paths?.Variables ?? []))
            variables[name] = Environment.GetEnvironmentVariable(name) ?? "(not set)";
        return variables;
    }

    // What cargo added is in the key already. A path in it stands there under a name that is the same everywhere, so it
    // has to be said as it is, unless it serves to find files and nothing else: its text may be in the output.
    private bool IsLiteral(string variable, List<string> sources) =>
        !_added.TryGetValue(variable, out var value) || (_paths.Named(value) != value && !OnlyFindsFiles(variable, sources));

    private static bool OnlyFindsFiles(string variable, List<string> sources)
    {
        var (mentions, inclusions) = (0, 0);
        foreach (var source in sources.Where(f => f.EndsWith(".rs", StringComparison.Ordinal)))
        {
            var text = File.ReadAllText(source);
            mentions += text.Split(variable).Length - 1;
            inclusions += Inclusion().Matches(text).Count(m => m.Groups[1].Value == variable);
        }
        return inclusions > 0 && mentions == inclusions;
    }

    [GeneratedRegex("""include(?:_str|_bytes)?!\s*\(\s*concat!\s*\(\s*env!\s*\(\s*"(\w+)"\s*\)\s*,\s*"[^"\\]*"\s*,?\s*\)\s*,?\s*\)""")]
    private static partial Regex Inclusion();

    // A linker that is named is looked for where rustc would look for it.
    private string HostIdentity() => call.Linker is not { } linker
        ? session.Host
        : $"{session.Host} {(HostTools.Find(linker) is { } path ? DigestOf(path)?.Short : null) ?? "missing"}";

    // Each file has one content for the whole call, whatever happens to it meanwhile.
    private Digest? DigestOf(string path)
    {
        if (!_files.TryGetValue(path, out var file))
            _files[path] = file = FileTable.ReadFile(path);
        return file.Stamp.Exists ? file.Digest : null;
    }
}
