namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>The sources of one clone on disk, and everything that an edit can do to them.</summary>
/// <param name="root">Its directory.</param>
/// <param name="prefix">Begins the names of the environment variables that the sources read: sequences that run beside each other do not share any.</param>
internal sealed class ModelWorkspace(string root, string prefix)
{
    private static readonly string[] Names = ["a", "b", "c", "d"];
    private static readonly string[] Levels = ["0", "2", "3"];

    private readonly TextTree _files = new(root);
    private readonly ModelConfiguration _configuration = new(Path.Combine(root, "bpfincr.json"), prefix);

    public string Root => root;

    public string Configuration => _configuration.Path;

    /// <summary>Notes the present state, to come back to.</summary>
    public void Remember() => _files.Remember();

    /// <summary>Writes the workspace that every sequence begins with.</summary>
    public void Create()
    {
        _files.Write("bpfincr.json", $$"""
            {"toolchain": {"rustc": "toolchain/rustc"}, "env": ["{{prefix}}D"], "inputs": ["data"],
             "variants": {"old": {"cpu": "v1", "unroll": true}, "new": {"cpu": "v3"} }, "probes": {} }
            """);
        _files.Write("Cargo.toml", "[workspace]\nmembers = [\"kit\", \"mid\", \"probes/*\"]\n\n[profile.release]\nopt-level = 2\n");
        _files.Write("Cargo.lock", "");
        _files.Write("data/table", "0");
        _files.Write("toolchain/rustc", "rustc 1.96.0\nLLVM version: 22.1\nhost: model\nrelease 0\n");
        _files.Write("toolchain/llvm", "0");
        _files.Write("toolchain/libcore-1.rlib", "fn core_zero 0\n");
        _files.Write("kit/Cargo.toml", "package kit 0.1.0\nfeature big =\n");
        _files.Write("kit/src/lib.rs", "fn shared 10\nfn other 20\ninline tiny 1\ncfg big extra 5\n");
        _files.Write("mid/Cargo.toml", "package mid 0.1.0\nfeature more = kit/big\ndependency kit\n");
        _files.Write("mid/src/lib.rs", "fn between 100 shared\ngenerated\n");
        _files.Write("mid/build.rs", $"emit data.txt\nrerun data.txt\nemit-env {prefix}B\nrerun-env {prefix}B\n");
        _files.Write("mid/data.txt", "0");
        WriteProbe("a", "dependency kit", "call shared\ncall tiny\nloop");
        WriteProbe("b", "dependency kit\ndependency mid", "call between\ncall made\npanic");
        Remember();
    }

    /// <summary>Applies an edit to sources, packages or configuration.</summary>
    /// <returns>False for an edit that is none of these.</returns>
    public bool Apply(Edit edit)
    {
        var (a, b) = (edit.A, edit.B);
        switch (edit.Kind)
        {
            case EditKind.Function: _files.Line(Source(a), "fn main ", b % 3 == 0 ? $"fn main 1+{b}" : $"fn main {b}"); break;
            case EditKind.Library: _files.Line("kit/src/lib.rs", a % 2 == 0 ? "fn shared " : "fn other ", a % 2 == 0 ? $"fn shared {b}" : $"fn other {b}"); break;
            case EditKind.Inline: _files.Line("kit/src/lib.rs", "inline tiny ", $"inline tiny {b}"); break;
            case EditKind.Comment: _files.Line(AnySource(a), "// ", $"// {b}"); break;
            case EditKind.Include: Include(AnySource(a), b % 3 == 2 ? "data/table" : "data.inc", b); break;
            case EditKind.IncludeManifest: _files.Toggle(AnySource(a), $"include {Up(AnySource(a))}{(b % 2 == 0 ? "Cargo.toml" : "kit/Cargo.toml")}"); break;
            case EditKind.IncludedFile: _files.Write("data.inc", $"{b}"); break;
            case EditKind.Module: _files.Write(Path.Combine(Path.GetDirectoryName(AnySource(a))!, "extra.rs"), $"fn extra {b}\n"); _files.Toggle(AnySource(a), "mod extra"); break;
            case EditKind.ReadVariable: _files.Toggle(AnySource(a), $"env {prefix}R"); break;
            case EditKind.SourceError: _files.Toggle(AnySource(a), b % 2 == 0 ? "error wrong" : "warn unused"); break;
            case EditKind.StageMessage: _files.Toggle(Source(a), $"stage {((string[])["link", "patch", "optimize", "codegen"])[b % 4]} {(b / 4 % 2 == 0 ? "fail" : "warn")}"); break;
            case EditKind.Touch: _files.Touch(b % 2 == 0 ? AnySource(a) : _files.AnyFile(a), b); break;
            case EditKind.SameStamp: _files.EditUnderItsTime(AnySource(a), b); break;
            case EditKind.Revert: _files.Restore(a); break;
            case EditKind.AddProbe: WriteProbe(Names[a % Names.Length], b % 2 == 0 ? "dependency kit" : "dependency kit big\ndependency mid", b % 2 == 0 ? "call shared\ndebug" : "call extra\ncall made"); break;
            case EditKind.RemoveProbe: RemoveProbe(Probe(a), b); break;
            case EditKind.RenameProbe: Rename(Probe(a), Names[b % Names.Length]); break;
            case EditKind.Bin: Bin(Path.Combine("probes", Probe(a), "src/bin", $"{Names[b % Names.Length]}2.rs")); break;
            case EditKind.Dependency: _files.Toggle($"probes/{Probe(a)}/Cargo.toml", b % 2 == 0 ? "dependency mid more" : "dependency kit big"); break;
            case EditKind.LibraryFeature: _files.Line("mid/Cargo.toml", "feature more ", b % 2 == 0 ? "feature more = kit/big" : "feature more ="); break;
            case EditKind.Version: _files.Line($"{Directories()[a % Directories().Count]}/Cargo.toml", "package ", line => $"{line[..line.LastIndexOf(' ')]} 0.{b}.0"); break;
            case EditKind.BuildScript: _files.Write("mid/build.rs", ((string[])["emit data.txt\nrerun data.txt\n", "emit data.txt\n", $"emit-env {prefix}B\nrerun-env {prefix}B\n", $"emit data.txt\nrerun data.txt\nemit-env {prefix}B\nrerun-env {prefix}B\n"])[b % 4]); break;
            case EditKind.BuildData: _files.Write("mid/data.txt", $"{b}"); break;
            case EditKind.StrayFile: _files.Write(((string[])["mid/notes.txt", "mid/.hidden", "README.md", "data/more", "data/.hidden", "kit/src/unused.rs", "probes/a~"])[a % 7], $"{b}"); break;
            case EditKind.BreakManifest: _files.Toggle("kit/Cargo.toml", "nonsense"); break;
            case EditKind.Profile: _files.Line("Cargo.toml", "opt-level", $"opt-level = {Levels[b % Levels.Length]}"); break;
            case EditKind.Members: _files.Line("Cargo.toml", "members", b % 2 == 0 ? "members = [\"mid\", \"kit\", \"probes/*\"]" : "members = [\"kit\", \"mid\", \"probes/*\"]"); break;
            case EditKind.CargoConfiguration: if (b % 3 == 0) _files.Remove(".cargo"); else _files.Write(".cargo/config.toml", $"# {b}\n"); break;
            case EditKind.LockFile: _files.Write("Cargo.lock", $"{b}"); break;
            case EditKind.DeclaredInput: if (b % 4 == 0) _files.Remove("data/more"); else _files.Write(a % 2 == 0 ? "data/table" : "data/more", $"{b}"); break;
            case EditKind.Variable: Environment.SetEnvironmentVariable($"{prefix}{"DRBU"[a % 4]}", $"{b}"); break;
            case EditKind.Toolchain: SwapToolchain(a, b); break;
            default: return _configuration.Apply(edit, Probe(a));
        }
        return true;
    }

    /// <summary>An edit that an editor makes while a build runs.</summary>
    public void EditMeanwhile(int number)
    {
        Edit[] edits =
        [
            new(EditKind.Function, number, number), new(EditKind.Library, number, number), new(EditKind.Comment, number, number), new(EditKind.BuildData, 0, number),
            new(EditKind.IncludedFile, 0, number), new(EditKind.Profile, 0, number), new(EditKind.Inline, 0, number), new(EditKind.SameStamp, number, number),
        ];
        Apply(edits[number % edits.Length]);
    }

    private List<string> Directories() => [.. Directory.GetDirectories(_files.At("probes")).Order(StringComparer.Ordinal).Select(d => Path.GetRelativePath(root, d)), "kit", "mid"];

    private string Probe(int number)
    {
        var probes = Directory.GetDirectories(_files.At("probes")).Order(StringComparer.Ordinal).ToList();
        return probes.Count == 0 ? "none" : Path.GetFileName(probes[number % probes.Count]);
    }

    private string Source(int number) => $"probes/{Probe(number)}/src/main.rs";

    private string AnySource(int number) => (number % 4) switch { 0 => "kit/src/lib.rs", 1 => "mid/src/lib.rs", _ => Source(number / 4) };

    private static string Up(string source) => string.Concat(Enumerable.Repeat("../", source.Count(c => c == '/')));

    private void WriteProbe(string name, string dependencies, string body)
    {
        _files.Write($"probes/{name}/Cargo.toml", $"package {name} 0.1.0\nfeature own =\n{dependencies}\n");
        _files.Write($"probes/{name}/src/main.rs", $"fn main 1\ncfg own mine 7\n{body}\n");
    }

    private void Rename(string from, string to)
    {
        if (from == "none" || Directory.Exists(_files.At($"probes/{to}")))
            return;
        Directory.Move(_files.At($"probes/{from}"), _files.At($"probes/{to}"));
        _configuration.Forget(from);
        _files.Line($"probes/{to}/Cargo.toml", "package ", line => line.Replace($" {from} ", $" {to} ", StringComparison.Ordinal));
    }

    // Now and then the configuration goes on speaking of it, which is an error.
    private void RemoveProbe(string name, int number)
    {
        _files.Remove($"probes/{name}");
        if (number % 4 != 0)
            _configuration.Forget(name);
    }

    private void Bin(string path)
    {
        if (path.StartsWith("probes/none", StringComparison.Ordinal))
            return;
        // The same bin in two packages is an error that another test is about.
        foreach (var other in Directory.GetFiles(_files.At("probes"), Path.GetFileName(path), SearchOption.AllDirectories))
        {
            File.Delete(other);
            return;
        }
        _files.Write(path, "fn main 9\ncall shared\n");
    }

    private void Include(string source, string path, int number)
    {
        _files.Write(path, $"{number}");
        _files.Toggle(source, $"include {Up(source)}{path}");
    }

    private void SwapToolchain(int a, int b)
    {
        if (a % 4 == 0)
            _files.Line("toolchain/rustc", "rustc", $"rustc 1.{b}.0");
        else if (a % 4 == 1)
            _files.Line("toolchain/rustc", "release", $"release {b}");
        else
            _files.Write(a % 4 == 2 ? "toolchain/llvm" : "toolchain/libcore-1.rlib", a % 4 == 2 ? $"{b}" : $"fn core_zero {b}\n");
    }
}
