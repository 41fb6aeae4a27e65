using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>The sources of one clone on disk, and everything that an edit can do to them.</summary>
/// <param name="root">Its directory.</param>
/// <param name="prefix">Begins the names of the environment variables that the sources read: sequences that run beside each other do not share any.</param>
internal sealed class ModelWorkspace(string root, string prefix)
{
    private static readonly string[] Names = ["a", "b", "c", "d"];
    private static readonly string[] Levels = ["0", "2", "3"];

    private static readonly (string Name, string[] Values)[] Options =
    [
        ("inline", ["\"all\"", "\"calls\""]), ("panic", ["\"exit\"", "\"keep\""]), ("btf", ["true", "false"]), ("lineInfo", ["false"]),
        ("optimize", ["\"O2\"", "\"O3\""]), ("pipeline", ["\"mem2reg\"", "\"sroa\""]), ("unroll", ["true", "false"]),
        ("cpu", ["\"v1\"", "\"v2\"", "\"v3\""]), ("cpuFeatures", ["\"+alu32\"", "\"\""]), ("strip", ["true", "false"]), ("sectionNames", ["\"keep\"", "\"libbpf\""]),
    ];

    private readonly List<SortedDictionary<string, string>> _history = [];

    public string Root => root;

    public string Configuration => Path.Combine(root, "bpfincr.json");

    /// <summary>Writes the workspace that every sequence begins with.</summary>
    public void Create()
    {
        Write("bpfincr.json", $$"""
            {"toolchain": {"rustc": "toolchain/rustc"}, "env": ["{{prefix}}D"], "inputs": ["data"],
             "variants": {"old": {"cpu": "v1", "unroll": true}, "new": {"cpu": "v3"} }, "probes": {} }
            """);
        Write("Cargo.toml", "[workspace]\nmembers = [\"kit\", \"mid\", \"probes/*\"]\n\n[profile.release]\nopt-level = 2\n");
        Write("Cargo.lock", "");
        Write("data/table", "0");
        Write("toolchain/rustc", "rustc 1.96.0\nLLVM version: 22.1\nhost: model\nrelease 0\n");
        Write("toolchain/llvm", "0");
        Write("toolchain/libcore-1.rlib", "fn core_zero 0\n");
        Write("kit/Cargo.toml", "package kit 0.1.0\nfeature big =\n");
        Write("kit/src/lib.rs", "fn shared 10\nfn other 20\ninline tiny 1\ncfg big extra 5\n");
        Write("mid/Cargo.toml", "package mid 0.1.0\nfeature more = kit/big\ndependency kit\n");
        Write("mid/src/lib.rs", "fn between 100 shared\ngenerated\n");
        Write("mid/build.rs", $"emit data.txt\nrerun data.txt\nemit-env {prefix}B\nrerun-env {prefix}B\n");
        Write("mid/data.txt", "0");
        WriteProbe("a", "dependency kit", "call shared\ncall tiny\nloop");
        WriteProbe("b", "dependency kit\ndependency mid", "call between\ncall made\npanic");
        Remember();
    }

    /// <summary>Notes the present state, to come back to.</summary>
    public void Remember() => _history.Add(new(
        Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith($"{root}/target/", StringComparison.Ordinal))
            .ToDictionary(f => Path.GetRelativePath(root, f), File.ReadAllText), StringComparer.Ordinal));

    /// <summary>Applies an edit to sources, packages or configuration.</summary>
    /// <returns>False for an edit that is none of these.</returns>
    public bool Apply(Edit edit)
    {
        var (a, b) = (edit.A, edit.B);
        switch (edit.Kind)
        {
            case EditKind.Function: Line(Source(a), "fn main ", b % 3 == 0 ? $"fn main 1+{b}" : $"fn main {b}"); break;
            case EditKind.Library: Line("kit/src/lib.rs", a % 2 == 0 ? "fn shared " : "fn other ", a % 2 == 0 ? $"fn shared {b}" : $"fn other {b}"); break;
            case EditKind.Inline: Line("kit/src/lib.rs", "inline tiny ", $"inline tiny {b}"); break;
            case EditKind.Comment: Line(AnySource(a), "// ", $"// {b}"); break;
            case EditKind.Include: Include(AnySource(a), b % 3 == 2 ? "data/table" : "data.inc", b); break;
            case EditKind.IncludeManifest: Toggle(AnySource(a), $"include {Up(AnySource(a))}{(b % 2 == 0 ? "Cargo.toml" : "kit/Cargo.toml")}"); break;
            case EditKind.IncludedFile: Write("data.inc", $"{b}"); break;
            case EditKind.Module: Write(Path.Combine(Path.GetDirectoryName(AnySource(a))!, "extra.rs"), $"fn extra {b}\n"); Toggle(AnySource(a), "mod extra"); break;
            case EditKind.ReadVariable: Toggle(AnySource(a), $"env {prefix}R"); break;
            case EditKind.SourceError: Toggle(AnySource(a), b % 2 == 0 ? "error wrong" : "warn unused"); break;
            case EditKind.StageMessage: Toggle(Source(a), $"stage {((string[])["link", "patch", "optimize", "codegen"])[b % 4]} {(b / 4 % 2 == 0 ? "fail" : "warn")}"); break;
            case EditKind.Touch: Touch(b % 2 == 0 ? AnySource(a) : AnyFile(a), b); break;
            case EditKind.SameStamp: EditUnderItsTime(a, b); break;
            case EditKind.Revert: Restore(_history[a % _history.Count]); break;
            case EditKind.AddProbe: WriteProbe(Names[a % Names.Length], b % 2 == 0 ? "dependency kit" : "dependency kit big\ndependency mid", b % 2 == 0 ? "call shared\ndebug" : "call extra\ncall made"); break;
            case EditKind.RemoveProbe: RemoveProbe(Probe(a), b); break;
            case EditKind.RenameProbe: Rename(Probe(a), Names[b % Names.Length]); break;
            case EditKind.Bin: Bin(Path.Combine("probes", Probe(a), "src/bin", $"{Names[b % Names.Length]}2.rs")); break;
            case EditKind.Dependency: Toggle($"probes/{Probe(a)}/Cargo.toml", b % 2 == 0 ? "dependency mid more" : "dependency kit big"); break;
            case EditKind.LibraryFeature: Line("mid/Cargo.toml", "feature more ", b % 2 == 0 ? "feature more = kit/big" : "feature more ="); break;
            case EditKind.Version: Line($"{Directories()[a % Directories().Count]}/Cargo.toml", "package ", line => $"{line[..line.LastIndexOf(' ')]} 0.{b}.0"); break;
            case EditKind.BuildScript: Write("mid/build.rs", ((string[])["emit data.txt\nrerun data.txt\n", "emit data.txt\n", $"emit-env {prefix}B\nrerun-env {prefix}B\n", $"emit data.txt\nrerun data.txt\nemit-env {prefix}B\nrerun-env {prefix}B\n"])[b % 4]); break;
            case EditKind.BuildData: Write("mid/data.txt", $"{b}"); break;
            case EditKind.StrayFile: Write(((string[])["mid/notes.txt", "mid/.hidden", "README.md", "data/more", "data/.hidden", "kit/src/unused.rs", "probes/a~"])[a % 7], $"{b}"); break;
            case EditKind.BreakManifest: Toggle("kit/Cargo.toml", "nonsense"); break;
            case EditKind.Profile: Line("Cargo.toml", "opt-level", $"opt-level = {Levels[b % Levels.Length]}"); break;
            case EditKind.Members: Line("Cargo.toml", "members", b % 2 == 0 ? "members = [\"mid\", \"kit\", \"probes/*\"]" : "members = [\"kit\", \"mid\", \"probes/*\"]"); break;
            case EditKind.CargoConfiguration: if (b % 3 == 0) Remove(".cargo"); else Write(".cargo/config.toml", $"# {b}\n"); break;
            case EditKind.LockFile: Write("Cargo.lock", $"{b}"); break;
            case EditKind.DeclaredInput: if (b % 4 == 0) Remove("data/more"); else Write(a % 2 == 0 ? "data/table" : "data/more", $"{b}"); break;
            case EditKind.Variable: Environment.SetEnvironmentVariable($"{prefix}{"DRBU"[a % 4]}", $"{b}"); break;
            case EditKind.Toolchain: SwapToolchain(a, b); break;
            case EditKind.Flags: Configure(c => c["rustflags"] = new JsonArray($"-Cflag={b}")); break;
            case EditKind.Universe: Configure(c => c["universe"] = $"{b % 3}"); break;
            case EditKind.DeclaredVariables: Configure(c => c["env"] = new JsonArray([.. b % 2 == 0 ? [$"{prefix}D"] : (JsonNode[])[$"{prefix}D", $"{prefix}U"]])); break;
            case EditKind.AddVariant: Configure(c => Variants(c)[$"v{a % 3}"] = new JsonObject { ["cpu"] = $"v{b % 3 + 1}" }); break;
            case EditKind.RemoveVariant: Configure(c => { if (Variants(c).Count > 1) Variants(c).Remove(Variants(c).ElementAt(a % Variants(c).Count).Key); }); break;
            case EditKind.VariantOption: Configure(c => Set(Variants(c).ElementAt(a % Variants(c).Count).Value!.AsObject(), b)); break;
            case EditKind.ReorderVariants: Configure(c => c["variants"] = new JsonObject(Variants(c).Reverse().Select(v => KeyValuePair.Create(v.Key, v.Value?.DeepClone())))); break;
            case EditKind.ProbeOption: Configure(c => Set(Said(c, a), b)); break;
            case EditKind.ProbeFeature: Configure(c => Said(c, a)["features"] = b % 2 == 0 ? new JsonArray("own") : new JsonArray()); break;
            case EditKind.SkipProbe: Configure(c => Said(c, a)["skip"] = b % 2 == 0); break;
            case EditKind.BreakConfiguration: BreakConfiguration(b % 2 == 0); break;
            default: return false;
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

    private string At(string path) => Path.Combine(root, path);

    private List<string> Directories() => [.. Directory.GetDirectories(At("probes")).Order(StringComparer.Ordinal).Select(d => Path.GetRelativePath(root, d)), "kit", "mid"];

    private string Probe(int number)
    {
        var probes = Directory.GetDirectories(At("probes")).Order(StringComparer.Ordinal).ToList();
        return probes.Count == 0 ? "none" : Path.GetFileName(probes[number % probes.Count]);
    }

    private string Source(int number) => $"probes/{Probe(number)}/src/main.rs";

    private string AnySource(int number) => (number % 4) switch { 0 => "kit/src/lib.rs", 1 => "mid/src/lib.rs", _ => Source(number / 4) };

    private string AnyFile(int number)
    {
        var files = Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith($"{root}/target/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        return Path.GetRelativePath(root, files[number % files.Count]);
    }

    private static string Up(string source) => string.Concat(Enumerable.Repeat("../", source.Count(c => c == '/')));

    private void WriteProbe(string name, string dependencies, string body)
    {
        Write($"probes/{name}/Cargo.toml", $"package {name} 0.1.0\nfeature own =\n{dependencies}\n");
        Write($"probes/{name}/src/main.rs", $"fn main 1\ncfg own mine 7\n{body}\n");
    }

    private void Write(string path, string content)
    {
        if (path.StartsWith("probes/none", StringComparison.Ordinal))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), content);
    }

    private string Read(string path) => File.Exists(At(path)) ? File.ReadAllText(At(path)) : "";

    private void Remove(string path)
    {
        if (Directory.Exists(At(path)))
            Directory.Delete(At(path), recursive: true);
        else
            File.Delete(At(path));
    }

    private void Rename(string from, string to)
    {
        if (from == "none" || Directory.Exists(At($"probes/{to}")))
            return;
        Directory.Move(At($"probes/{from}"), At($"probes/{to}"));
        Configure(c => c["probes"]!.AsObject().Remove(from));
        Line($"probes/{to}/Cargo.toml", "package ", line => line.Replace($" {from} ", $" {to} ", StringComparison.Ordinal));
    }

    // Now and then the configuration goes on speaking of it, which is an error.
    private void RemoveProbe(string name, int number)
    {
        Remove($"probes/{name}");
        if (number % 4 != 0)
            Configure(c => c["probes"]!.AsObject().Remove(name));
    }

    private void Bin(string path)
    {
        if (path.StartsWith("probes/none", StringComparison.Ordinal))
            return;
        // The same bin in two packages is an error that another test is about.
        foreach (var other in Directory.GetFiles(At("probes"), Path.GetFileName(path), SearchOption.AllDirectories))
        {
            File.Delete(other);
            return;
        }
        Write(path, "fn main 9\ncall shared\n");
    }

    private void Line(string path, string start, string now) => Line(path, start, _ => now);

    // Replaces the line that begins so, or adds one.
    private void Line(string path, string start, Func<string, string> now)
    {
        var lines = Read(path).Split('\n').ToList();
        var at = lines.FindIndex(l => l.StartsWith(start, StringComparison.Ordinal));
        if (at >= 0)
            lines[at] = now(lines[at]);
        else
            lines.Insert(lines.Count - 1, now(start));
        Write(path, string.Join('\n', lines));
    }

    // Takes a line out or puts it in, in place of another one about the same dependency.
    private void Toggle(string path, string line)
    {
        var lines = Read(path).Split('\n').ToList();
        if (!lines.Remove(line))
        {
            if (line.Split(' ') is ["dependency", var name, ..])
                lines.RemoveAll(l => l.Split(' ') is ["dependency", var other, ..] && other == name);
            lines.Insert(lines.Count - 1, line);
        }
        Write(path, string.Join('\n', lines));
    }

    private void Include(string source, string path, int number)
    {
        Write(path, $"{number}");
        Toggle(source, $"include {Up(source)}{path}");
    }

    private void Touch(string path, int number)
    {
        if (File.Exists(At(path)))
            File.SetLastWriteTimeUtc(At(path), number % 3 == 0 ? DateTime.UtcNow.AddDays(-number - 1) : DateTime.UtcNow.AddSeconds(number % 3));
    }

    // As an unpacked archive or a restored backup does: other content of the same size under the same time.
    private void EditUnderItsTime(int a, int b)
    {
        var path = At(AnySource(a));
        if (!File.Exists(path))
            return;
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, Regex.Replace(File.ReadAllText(path), @"(?<=^(fn|inline) \w+ )\d", $"{b % 10}", RegexOptions.Multiline));
        File.SetLastWriteTimeUtc(path, time);
    }

    private void Restore(SortedDictionary<string, string> state)
    {
        foreach (var file in Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith($"{root}/target/", StringComparison.Ordinal)))
            if (!state.ContainsKey(Path.GetRelativePath(root, file)))
                File.Delete(file);
        foreach (var (path, content) in state)
            if (Read(path) != content || !File.Exists(At(path)))
                Write(path, content);
        // As git does: a directory without files is none.
        foreach (var directory in Directory.GetDirectories(root, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length))
            if (!directory.StartsWith($"{root}/target", StringComparison.Ordinal) && !Directory.EnumerateFileSystemEntries(directory).Any() && Path.GetFileName(directory) != "probes")
                Directory.Delete(directory);
    }

    private void SwapToolchain(int a, int b)
    {
        if (a % 4 == 0)
            Line("toolchain/rustc", "rustc", $"rustc 1.{b}.0");
        else if (a % 4 == 1)
            Line("toolchain/rustc", "release", $"release {b}");
        else
            Write(a % 4 == 2 ? "toolchain/llvm" : "toolchain/libcore-1.rlib", a % 4 == 2 ? $"{b}" : $"fn core_zero {b}\n");
    }

    private void BreakConfiguration(bool syntax)
    {
        if (syntax)
            Write("bpfincr.json", "{");
        else
            Configure(c => c["probes"]!.AsObject()["nobody"] = new JsonObject());
    }

    private void Configure(Action<JsonObject> change)
    {
        if (TryParse() is not { } configuration)
            return;
        change(configuration);
        Write("bpfincr.json", configuration.ToJsonString());
    }

    private JsonObject? TryParse()
    {
        try
        {
            return JsonNode.Parse(Read("bpfincr.json")) is JsonObject o && o.ContainsKey("variants") ? o : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static JsonObject Variants(JsonObject configuration) => configuration["variants"]!.AsObject();

    private JsonObject Said(JsonObject configuration, int probe)
    {
        var probes = configuration["probes"]!.AsObject();
        if (probes[Probe(probe)] is null)
            probes[Probe(probe)] = new JsonObject();
        return probes[Probe(probe)]!.AsObject();
    }

    // A level and a pipeline exclude each other, and so do line information and no BTF.
    private static void Set(JsonObject settings, int number)
    {
        var (name, values) = Options[number % Options.Length];
        settings.Remove(name is "optimize" ? "pipeline" : name is "pipeline" ? "optimize" : "");
        if (number / Options.Length % 4 == 3)
            settings.Remove(name);
        else
            settings[name] = JsonNode.Parse(values[number / Options.Length % values.Length]);
    }
}
