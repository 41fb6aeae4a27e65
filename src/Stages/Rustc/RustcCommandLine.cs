using System.Collections.Immutable;

namespace BpfIncr.Stages.Rustc;

/// <summary>
/// One rustc call of cargo's that compiles a crate, taken apart as far as it has to be known what it reads and writes.
/// </summary>
/// <param name="CrateName">The crate's name.</param>
/// <param name="Source">Its root source file.</param>
/// <param name="OutDirectory">Where the outputs go.</param>
/// <param name="ExtraFilename">What follows the crate's name in theirs.</param>
/// <param name="CrateTypes">What is made: <c>lib</c>, <c>proc-macro</c>, <c>bin</c>.</param>
/// <param name="Emits">The kinds of outputs.</param>
/// <param name="Externs">Paths of the crates that it uses directly.</param>
/// <param name="NativeDirectories">Where native libraries are looked for.</param>
/// <param name="TargetFile">The file that describes the target; null when rustc knows it by name.</param>
/// <param name="Linker">The linker that is named; null for rustc's own choice.</param>
/// <param name="Options">Every argument in one form, <c>--name=value</c>, in the order given.</param>
public sealed record RustcCommandLine(
    string CrateName,
    string Source,
    string OutDirectory,
    string ExtraFilename,
    ImmutableArray<string> CrateTypes,
    ImmutableArray<string> Emits,
    ImmutableArray<string> Externs,
    ImmutableArray<string> NativeDirectories,
    string? TargetFile,
    string? Linker,
    ImmutableArray<string> Options)
{
    // Options that are followed by their value, with the name they have here.
    private static readonly Dictionary<string, string> Valued = new(StringComparer.Ordinal)
    {
        ["-C"] = "--codegen", ["--codegen"] = "--codegen", ["-L"] = "--library-path", ["-l"] = "--link-library", ["-Z"] = "--unstable",
        ["-A"] = "--allow", ["-W"] = "--warn", ["-D"] = "--deny", ["-F"] = "--forbid",
        ["--allow"] = "--allow", ["--warn"] = "--warn", ["--deny"] = "--deny", ["--forbid"] = "--forbid",
        ["--cap-lints"] = "--cap-lints", ["--cfg"] = "--cfg", ["--check-cfg"] = "--check-cfg", ["--crate-name"] = "--crate-name",
        ["--crate-type"] = "--crate-type", ["--edition"] = "--edition", ["--emit"] = "--emit", ["--error-format"] = "--error-format",
        ["--extern"] = "--extern", ["--json"] = "--json", ["--out-dir"] = "--out-dir", ["--target"] = "--target",
        ["--remap-path-prefix"] = "--remap-path-prefix", ["--diagnostic-width"] = "--diagnostic-width", ["--color"] = "--color",
    };

    // What reads or writes files that the rest of this does not know of.
    private static readonly string[] Foreign =
    [
        "--codegen=incremental", "--codegen=save-temps", "--codegen=profile-", "--codegen=split-debuginfo=packed",
        "--codegen=split-debuginfo=unpacked", "--unstable=profile", "--unstable=sanitizer", "--unstable=codegen-backend",
    ];

    private static readonly string[] LinkOptions = ["--link-library=", "--codegen=link", "--codegen=default-linker-libraries"];

    /// <summary>Whether a linker of this machine makes the output: a proc macro or a build script.</summary>
    public bool IsLinked => CrateTypes.Any(t => t is "bin" or "proc-macro");

    /// <summary>Whether it is compiled for this machine, as a build script, a proc macro and what they use are.</summary>
    public bool IsForHost => !Options.Any(o => o.StartsWith("--target=", StringComparison.Ordinal));

    /// <summary>The dep-info file.</summary>
    public string DepInfoPath => Path.Combine(OutDirectory, $"{CrateName}{ExtraFilename}.d");

    /// <summary>The names of all outputs, in the out directory.</summary>
    public IEnumerable<string> Outputs => Emits.SelectMany(OutputsOf);

    /// <summary>Reads a command line without rustc's path; null for one that compiles no crate, or whose inputs and outputs are not known for certain.</summary>
    public static RustcCommandLine? Parse(IReadOnlyList<string> arguments) => Read(arguments) is { } line && line.IsKnown() ? line : null;

    /// <summary>Reads what a command line without rustc's path says, whatever else it may read or write; null when it has no single source.</summary>
    public static RustcCommandLine? Read(IReadOnlyList<string> arguments)
    {
        var options = new List<string>();
        var sources = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.StartsWith('@'))
                return null;
            if (Valued.TryGetValue(argument, out var name) && i + 1 < arguments.Count)
                options.Add($"{name}={arguments[++i]}");
            else if (argument.Length > 2 && !argument.StartsWith("--", StringComparison.Ordinal) && Valued.TryGetValue(argument[..2], out name))
                options.Add($"{name}={argument[2..]}");
            else if (argument.StartsWith('-'))
                options.Add(argument);
            else
                sources.Add(argument);
        }
        return sources is [var source] ? Of(options, source) : null;
    }

    private static RustcCommandLine Of(List<string> options, string source)
    {
        var target = Values("--target").FirstOrDefault();
        return new RustcCommandLine(
            Values("--crate-name").FirstOrDefault() ?? "",
            source,
            Values("--out-dir").FirstOrDefault() ?? "",
            Values("--codegen=extra-filename").FirstOrDefault() ?? "",
            [.. Values("--crate-type").SelectMany(v => v.Split(','))],
            [.. Values("--emit").SelectMany(v => v.Split(','))],
            [.. Values("--extern").Select(v => v.Split('=', 2)).Where(p => p.Length == 2).Select(p => p[1])],
            [.. Values("--library-path").Where(v => !v.StartsWith("dependency=", StringComparison.Ordinal)).Select(v => v[(v.IndexOf('=', StringComparison.Ordinal) + 1)..])],
            target is not null && target.EndsWith(".json", StringComparison.Ordinal) ? target : null,
            Values("--codegen=linker").LastOrDefault(),
            [.. options, $"--source={source}"]);

        IEnumerable<string> Values(string name) =>
            options.Where(o => o.StartsWith($"{name}=", StringComparison.Ordinal)).Select(o => o[(name.Length + 1)..]);
    }

    private bool IsKnown() =>
        // "-o", "--print" and whatever else is new here ends without an equals sign.
        Options.All(o => o.StartsWith("--", StringComparison.Ordinal) && !o.StartsWith("--print", StringComparison.Ordinal) && !o.StartsWith("--sysroot", StringComparison.Ordinal))
        && !Options.Any(o => Foreign.Any(f => o.StartsWith(f, StringComparison.Ordinal)))
        && CrateName.Length > 0 && OutDirectory.Length > 0 && Emits.Contains("dep-info")
        && CrateTypes.Length > 0 && CrateTypes.All(t => t is "lib" or "rlib" or "proc-macro" or "bin")
        && Emits.All(e => OutputsOf(e).Any())
        && (!IsLinked || (IsForHost && !Options.Any(o => LinkOptions.Any(l => o.StartsWith(l, StringComparison.Ordinal) && !o.StartsWith("--codegen=linker=", StringComparison.Ordinal)))));

    private IEnumerable<string> OutputsOf(string emit) => emit switch
    {
        "dep-info" => [$"{CrateName}{ExtraFilename}.d"],
        "metadata" => [$"lib{CrateName}{ExtraFilename}.rmeta"],
        "link" => CrateTypes.Select(type => type switch
        {
            "bin" => $"{CrateName}{ExtraFilename}",
            "proc-macro" => $"lib{CrateName}{ExtraFilename}.so",
            _ => $"lib{CrateName}{ExtraFilename}.rlib",
        }).Distinct(StringComparer.Ordinal),
        "llvm-bc" => [$"{CrateName}{ExtraFilename}.bc"],
        "llvm-ir" => [$"{CrateName}{ExtraFilename}.ll"],
        "obj" => [$"{CrateName}{ExtraFilename}.o"],
        "asm" => [$"{CrateName}{ExtraFilename}.s"],
        _ => [],
    };
}
