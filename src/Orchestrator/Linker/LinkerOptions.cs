using System.Collections.Immutable;
using System.CommandLine;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Cli;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>What a bpf-linker is asked to write.</summary>
internal enum LinkerOutput
{
    LlvmBc,
    Asm,
    LlvmIr,
    Obj,
}

/// <summary>
/// bpf-linker's command line (version 0.10.4): every option of it, with the same defaults. What has no meaning here, because the
/// stages do not need it or never do what it forbids, is taken and passed over.
/// </summary>
internal sealed class LinkerOptions
{
    private const string Ignored = "Taken for compatibility; without effect.";

    private readonly Argument<string[]> _inputs = new("inputs") { Description = "Objects with bitcode, bitcode, LLVM's text (.ll) and archives.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The file to write.", Required = true, HelpName = "file" };
    private readonly Option<string?> _target = new("--target") { Description = "bpf, bpfel or bpfeb, with what may follow; without it, what the inputs are for.", HelpName = "triple" };
    private readonly Option<string> _cpu = new("--cpu") { Description = "generic, probe (what the running kernel can), v1, v2, v3 or v4.", HelpName = "cpu", DefaultValueFactory = _ => "generic" };
    private readonly Option<string> _features = new("--cpu-features") { Description = "LLVM's feature string, such as +alu32.", HelpName = "features", DefaultValueFactory = _ => "" };
    private readonly Option<string> _emit = new("--emit") { Description = "What to write: llvm-bc, asm, llvm-ir or obj; of several the first.", HelpName = "kind", DefaultValueFactory = _ => "obj" };
    private readonly Option<bool> _btf = new("--btf") { Description = "Keep debug info and make BTF of it." };
    private readonly Option<string[]> _levels = new("-O") { Description = "The optimization level: 0, 1, 2, 3, s or z; of several the last. 0 is 1.", HelpName = "level" };
    private readonly Option<string?> _exportFile = new("--export-symbols") { Description = "A file with names of symbols to keep, one in each line.", HelpName = "file" };
    private readonly Option<string[]> _exports = new("--export") { Description = "Names of symbols to keep, separated by commas.", HelpName = "names" };
    private readonly Option<string?> _logFile = new("--log-file") { Description = "A file to which each step is written.", HelpName = "file" };
    private readonly Option<string?> _logLevel = new("--log-level") { Description = "off, error, warn, info, debug or trace; steps are written from info on.", HelpName = "level" };
    private readonly Option<bool> _unroll = new("--unroll-loops") { Description = "Unroll every loop with a known bound." };
    private readonly Option<bool> _inlineAll = new("--ignore-inline-never") { Description = "Inline all functions, also those marked inline(never)." };
    private readonly Option<string?> _dump = new("--dump-module") { Description = "A directory for LLVM's text before and after it optimizes: pre-opt.ll, post-opt.ll.", HelpName = "dir" };
    private readonly Option<string[]> _llvmOptions = new("--llvm-args") { Description = "Options of LLVM, separated by commas.", HelpName = "options" };

    private readonly Option[] _ignored =
    [
        new Option<string[]>("-L") { Description = Ignored, HelpName = "dir" },
        new Option<bool>("--debug") { Description = Ignored },
        new Option<bool>("--allow-bpf-trap") { Description = Ignored },
        new Option<bool>("--disable-expand-memcpy-in-order") { Description = Ignored },
        new Option<bool>("--disable-memory-builtins") { Description = Ignored },
        new Option<bool>("--fatal-errors") { Description = Ignored, HelpName = "bool", Arity = ArgumentArity.ExactlyOne },
    ];

    public LinkerOptions()
    {
        Command = new RootCommand("bpfincr in the place of bpf-linker: links bitcode that rustc has made into an object for the kernel, and runs only what is not in the cache.")
        {
            _inputs, _output, _target, _cpu, _features, _emit, _btf, _levels, _exportFile, _exports, _logFile, _logLevel, _unroll, _inlineAll, _dump, _llvmOptions,
        }.WithExamples(
            ("cargo build --config 'target.bpfel-unknown-none.linker=\"bpf-linker\"'", "what calls it: rustc, under this name"),
            ("bpf-linker --cpu v3 --btf --export prog -o prog.o prog.bc libcore.rlib", "the same by hand"));
        foreach (var option in _ignored)
            Command.Options.Add(option);
        Command.TreatUnmatchedTokensAsErrors = true;
        _inputs.Validators.Add(r =>
        {
            if (r.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } option)
                r.AddError($"there is no option {option.Value}");
        });
        OneOf(_cpu, [.. Enum.GetNames<BpfCpu>().Select(n => n.ToLowerInvariant()), "probe"]);
        _emit.Validators.Add(r => Check(r.Tokens.SelectMany(t => t.Value.Split(',')), ["llvm-bc", "asm", "llvm-ir", "obj"], "--emit", r.AddError));
        _levels.Validators.Add(r => Check(r.Tokens.Select(t => t.Value), ["0", "1", "2", "3", "s", "z"], "-O", r.AddError));
        OneOf(_logLevel, ["off", "error", "warn", "info", "debug", "trace"]);
        _target.Validators.Add(r =>
        {
            if (r.Tokens is [var target] && !target.Value.StartsWith("bpf", StringComparison.Ordinal))
                r.AddError($"--target {target.Value} is not BPF");
        });
    }

    /// <summary>The command, without what it does.</summary>
    public RootCommand Command { get; }

    /// <summary>A command line, as this parser wants it: <c>-O3</c> is <c>-O 3</c>, <c>-V</c> is the version, and <c>-flavor</c>, with its value, is nothing.</summary>
    public static IEnumerable<string> Normalize(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == "-flavor")
                i++;
            // What stands in brackets would be a directive to the parser.
            else if (words[i].StartsWith('['))
                yield return $"./{words[i]}";
            else if (words[i] == "-V")
                yield return "--version";
            else if (words[i].Length > 2 && words[i][..2] is "-O" or "-o" or "-L" && words[i][1] != '-')
            {
                yield return words[i][..2];
                yield return words[i][2..].TrimStart('=');
            }
            else
                yield return words[i];
        }
    }

    public string[] Inputs(ParseResult parsed) => parsed.GetValue(_inputs) ?? [];

    public string Output(ParseResult parsed) => parsed.GetValue(_output)!;

    public string? DumpDirectory(ParseResult parsed) => parsed.GetValue(_dump);

    public string? LogFile(ParseResult parsed) => parsed.GetValue(_logLevel) is "off" or "error" or "warn" ? null : parsed.GetValue(_logFile);

    public LinkerOutput Emit(ParseResult parsed) =>
        Enum.Parse<LinkerOutput>(parsed.GetValue(_emit)!.Split(',')[0].Replace("-", "", StringComparison.Ordinal), ignoreCase: true);

    /// <summary>The symbols that stay visible.</summary>
    /// <exception cref="IOException">Their file cannot be read.</exception>
    public ImmutableArray<string> Exports(ParseResult parsed) =>
        [.. Names(parsed.GetValue(_exportFile) is { } file ? ReadLines(file) : []), .. NamedExports(parsed)];

    // Whoever opens a fifo waits for a writer.
    private static string[] ReadLines(string file) =>
        FileStamp.IsRegularFile(file) || !Path.Exists(file) ? File.ReadAllLines(file) : throw new IOException($"{file} is no file that can be read");

    /// <summary>Those of them that the command line itself names.</summary>
    public IEnumerable<string> NamedExports(ParseResult parsed) => Names((parsed.GetValue(_exports) ?? []).SelectMany(e => e.Split(',')));

    // "bpf" alone is the order of this machine, and every one that .NET runs on is little-endian.
    /// <summary>The byte order that is asked for.</summary>
    public ByteOrder ByteOrder(ParseResult parsed) => parsed.GetValue(_target)?.Split('-')[0] switch
    {
        null => Stages.Codegen.ByteOrder.Program,
        "bpfeb" => Stages.Codegen.ByteOrder.Big,
        _ => Stages.Codegen.ByteOrder.Little,
    };

    /// <summary>The options of the stages.</summary>
    public VariantSettings Settings(ParseResult parsed) => new()
    {
        Inline = parsed.GetValue(_inlineAll) ? InlinePolicy.All : InlinePolicy.Calls,
        Panic = PanicPolicy.Keep,
        Btf = parsed.GetValue(_btf),
        LineInfo = parsed.GetValue(_btf),
        Optimize = Level((parsed.GetValue(_levels) ?? []).LastOrDefault("2")),
        Unroll = parsed.GetValue(_unroll),
        OptimizeOptions = LlvmOptions(parsed),
        CodegenOptions = LlvmOptions(parsed),
        Cpu = parsed.GetValue(_cpu) == "probe" ? RunningKernelCpu() : Enum.Parse<BpfCpu>(parsed.GetValue(_cpu)!, ignoreCase: true),
        CpuFeatures = parsed.GetValue(_features),
        // DWARF is what "llvm-objdump -S" shows source by; whoever wants it out has a tool for it.
        Strip = false,
        Form = new ObjectForm(ByteOrder(parsed), Emit(parsed) == LinkerOutput.Asm ? EmittedFile.Assembly : EmittedFile.Object, RequiresProgram: false),
    };

    // LLVM takes an option once; those that every step has already say the same.
    private ImmutableArray<string> LlvmOptions(ParseResult parsed) =>
    [
        .. (parsed.GetValue(_llvmOptions) ?? []).SelectMany(o => o.Split(',')).Select(o => $"-{o.Trim().TrimStart('-')}")
            .Where(o => o.Length > 1 && !Stages.StageTools.SetsAlways(o, parsed.GetValue(_unroll))),
    ];

    private static IEnumerable<string> Names(IEnumerable<string> given) => given.Select(n => n.Trim()).Where(n => n.Length > 0);

    private static OptimizeLevel Level(string level) => level switch
    {
        "0" or "1" => OptimizeLevel.O1,
        "3" => OptimizeLevel.O3,
        "s" => OptimizeLevel.Os,
        "z" => OptimizeLevel.Oz,
        _ => OptimizeLevel.O2,
    };

    private static BpfCpu RunningKernelCpu() => KernelProfile.All.LastOrDefault(p => p.Version <= Environment.OSVersion.Version)?.Defaults.Cpu ?? BpfCpu.V1;

    private static void OneOf<T>(Option<T> option, string[] values) => option.Validators.Add(r => Check(r.Tokens.Select(t => t.Value), values, option.Name, r.AddError));

    private static void Check(IEnumerable<string> given, string[] known, string option, Action<string> error)
    {
        foreach (var value in given.Where(v => !known.Contains(v)))
            error($"{option} cannot be {value}; it is one of {string.Join(", ", known)}");
    }
}
