namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>A checkout as a user has it: sources, a <c>bpfincr.json</c> beside them, and a cache, in which only the toolchain is known.</summary>
internal sealed class Checkout
{
    /// <param name="directory">Where it is, or will be.</param>
    /// <param name="cache">Its cache; made when it is not there.</param>
    public Checkout(string directory, string cache)
    {
        (Directory, Cache) = (directory, cache);
        KnownToolchain.AddTo(cache);
    }

    /// <summary>The variants that most tests use.</summary>
    public const string Variants = """
        "variants": {
          "legacy": { "cpu": "v1", "inline": "all", "unroll": true },
          "modern": { "cpu": "v3", "inline": "calls" }
        }
        """;

    /// <summary>Where it is.</summary>
    public string Directory { get; }

    /// <summary>Its cache.</summary>
    public string Cache { get; }

    /// <summary>A path inside it.</summary>
    public string this[string path] => Path.Combine(Directory, path);

    /// <summary>Copies a fixture workspace into it.</summary>
    public void AddFixture(string name)
    {
        System.IO.Directory.CreateDirectory(Directory);
        Tool.Do("cp", "-a", Path.Combine(Repository.Fixtures, name), Directory);
    }

    /// <summary>Copies the large fixture workspace into it, with these of its probes only.</summary>
    public void AddMonorepo(params IReadOnlyCollection<string> probes)
    {
        AddFixture("monorepo");
        foreach (var probe in System.IO.Directory.EnumerateDirectories(this["monorepo/probes"]))
            if (!probes.Contains(Path.GetFileName(probe)))
                System.IO.Directory.Delete(probe, recursive: true);
    }

    /// <summary>Writes <c>bpfincr.json</c>: these members, without the braces.</summary>
    public void Configure(string members) => Write("bpfincr.json", $"{{\n{members}\n}}\n");

    /// <summary>Writes a file.</summary>
    public void Write(string path, string text)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(this[path])!);
        File.WriteAllText(this[path], text);
    }

    /// <summary>Writes an empty file and gives its path.</summary>
    public string Touch(string path)
    {
        File.WriteAllText(this[path], "");
        return this[path];
    }

    /// <summary>Edits a file: one passage, which has to be there.</summary>
    public void Replace(string path, string old, string replacement)
    {
        var text = File.ReadAllText(this[path]);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(this[path], text.Replace(old, replacement, StringComparison.Ordinal));
    }

    /// <summary>The path of a finished object.</summary>
    public string ObjectOf(string probe, string variant = "modern") => this[$"target/bpf/{variant}/{probe}.o"];

    /// <summary>Every finished object by its path below the output directory.</summary>
    public SortedDictionary<string, byte[]> Objects()
    {
        var output = this["target/bpf"];
        var files = System.IO.Directory.EnumerateFiles(output, "*.o", SearchOption.AllDirectories)
            .Where(f => !f.StartsWith(Path.Combine(output, "cargo"), StringComparison.Ordinal));
        return new(files.ToDictionary(f => Path.GetRelativePath(output, f), File.ReadAllBytes), StringComparer.Ordinal);
    }

    /// <summary>Runs <c>bpfincr build --verbose --explain</c>.</summary>
    public BuildResult Build(params IEnumerable<string> arguments) => BuildWith([], arguments);

    /// <summary>Runs <c>bpfincr build --verbose --explain</c> with further environment variables.</summary>
    public BuildResult BuildWith(IEnumerable<(string Name, string Value)> environment, params IEnumerable<string> arguments) =>
        new(Run(environment, ["build", "--verbose", "--explain", .. arguments]));

    /// <summary>Runs a command of the program on this checkout, from anywhere.</summary>
    public ToolResult Run(params IEnumerable<string> arguments) => Run([], arguments);

    /// <summary>Runs a command of the program with further environment variables.</summary>
    public ToolResult Run(IEnumerable<(string Name, string Value)> environment, IEnumerable<string> arguments) =>
        Tool.Run(Repository.Program, "/", Arguments(arguments), environment);

    /// <summary>A command line for this checkout.</summary>
    public IEnumerable<string> Arguments(IEnumerable<string> arguments) =>
        [.. arguments, "--config", this["bpfincr.json"], "--cache-dir", Cache];
}
