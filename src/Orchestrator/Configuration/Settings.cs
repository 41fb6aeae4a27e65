using System.Collections.Immutable;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Cache.Tiers;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>What a variant, or one probe's deviation from it, sets; null means that the level above decides.</summary>
internal sealed record VariantSettings
{
    /// <summary>The kernel that the variant is for; its defaults are in the other settings already.</summary>
    public KernelProfile? Kernel { get; init; }
    public InlinePolicy? Inline { get; init; }
    public PanicPolicy? Panic { get; init; }
    public bool? Btf { get; init; }
    public bool? LineInfo { get; init; }
    public OptimizeLevel? Optimize { get; init; }
    public string? Pipeline { get; init; }
    public bool? Unroll { get; init; }
    public ImmutableArray<string>? OptimizeOptions { get; init; }
    public BpfCpu? Cpu { get; init; }
    public string? CpuFeatures { get; init; }
    public bool? Strip { get; init; }
    public SectionNames? SectionNames { get; init; }
    public bool? GlobalData { get; init; }
    public bool? Loops { get; init; }
    public AtomicSupport? Atomics { get; init; }
    public bool? KernelFunctions { get; init; }
    public int? MaxInstructions { get; init; }
    public ImmutableArray<string>? CodegenOptions { get; init; }

    /// <summary>Nothing that <c>bpfincr.json</c> can say.</summary>
    public ObjectForm Form { get; init; } = new(ByteOrder.Program, EmittedFile.Object, RequiresProgram: true);

    /// <summary>These settings, with what <paramref name="other"/> sets in their place.</summary>
    public VariantSettings With(VariantSettings other) => new()
    {
        Kernel = other.Kernel ?? Kernel,
        Inline = other.Inline ?? Inline,
        Panic = other.Panic ?? Panic,
        Btf = other.Btf ?? Btf,
        LineInfo = other.LineInfo ?? LineInfo,
        Optimize = other.Optimize ?? (other.Pipeline is null ? Optimize : null),
        // A level and a pipeline take each other's place: whoever speaks last decides for both.
        Pipeline = other.Pipeline ?? (other.Optimize is null ? Pipeline : null),
        Unroll = other.Unroll ?? Unroll,
        OptimizeOptions = other.OptimizeOptions ?? OptimizeOptions,
        Cpu = other.Cpu ?? Cpu,
        CpuFeatures = other.CpuFeatures ?? CpuFeatures,
        Strip = other.Strip ?? Strip,
        SectionNames = other.SectionNames ?? SectionNames,
        GlobalData = other.GlobalData ?? GlobalData,
        Loops = other.Loops ?? Loops,
        Atomics = other.Atomics ?? Atomics,
        KernelFunctions = other.KernelFunctions ?? KernelFunctions,
        MaxInstructions = other.MaxInstructions ?? MaxInstructions,
        CodegenOptions = other.CodegenOptions ?? CodegenOptions,
        Form = Form,
    };

    /// <summary>The options of the patch stage: it sees nothing else of the settings.</summary>
    public PatchOptions ToPatchOptions() => new()
    {
        Inline = Inline ?? InlinePolicy.All,
        Panic = Panic ?? PanicPolicy.Exit,
        Btf = Btf ?? true,
        LineInfo = LineInfo ?? true,
    };

    /// <summary>The options of the optimize stage.</summary>
    public OptimizeOptions ToOptimizeOptions() => new()
    {
        Level = Optimize ?? OptimizeLevel.O2,
        Pipeline = Pipeline,
        Unroll = Unroll ?? false,
        // What nothing is unrolled for does not depend on it.
        KeepsLargeLoops = (Unroll ?? false) && (Loops ?? true),
        LlvmOptions = OptimizeOptions ?? [],
    };

    /// <summary>The options of the codegen stage.</summary>
    public CodegenOptions ToCodegenOptions() => new()
    {
        Cpu = Cpu ?? BpfCpu.Generic,
        Features = CpuFeatures ?? "",
        Strip = Strip ?? true,
        SectionNames = SectionNames ?? Stages.Codegen.SectionNames.Keep,
        GlobalData = GlobalData ?? true,
        Loops = Loops ?? true,
        Atomics = Atomics ?? AtomicSupport.Ordered,
        KernelFunctions = KernelFunctions ?? true,
        MaxInstructions = MaxInstructions ?? 0,
        LlvmOptions = CodegenOptions ?? [],
        ByteOrder = Form.Order,
        Emit = Form.Emit,
        RequiresProgram = Form.RequiresProgram,
    };
}

/// <summary>What kind of file codegen is to make.</summary>
/// <param name="Order">The byte order.</param>
/// <param name="Emit">An object, or its text.</param>
/// <param name="RequiresProgram">Whether an object without a program is an error.</param>
internal sealed record ObjectForm(ByteOrder Order, EmittedFile Emit, bool RequiresProgram);

/// <summary>What <c>bpfincr.json</c> says of single probes.</summary>
/// <param name="Name">The probe's name.</param>
/// <param name="Position">Where the file says it.</param>
/// <param name="Features">Cargo features of its package.</param>
/// <param name="Skip">Whether it is not built.</param>
/// <param name="Variants">The variants that it is built in; empty for all.</param>
/// <param name="Settings">Deviations from each of them.</param>
internal sealed record ProbeSettings(
    string Name, TextPosition Position, ImmutableArray<string> Features, bool Skip, ImmutableArray<string> Variants, VariantSettings Settings);

/// <summary>The whole of <c>bpfincr.json</c>, defaults filled in.</summary>
/// <param name="File">Absolute path of the file.</param>
/// <param name="Directory">Where the file is: relative paths in it start here.</param>
/// <param name="Workspaces">Absolute directories of the Cargo workspaces.</param>
/// <param name="Output">Absolute directory of the finished objects.</param>
/// <param name="Rustc">The rustc to use, as written; or null.</param>
/// <param name="Mode">The toolchain mode to use; null for the best one found.</param>
/// <param name="Universe">Another one disowns every earlier result.</param>
/// <param name="Variables">Environment variables that crates or build scripts read without saying so.</param>
/// <param name="Inputs">Absolute paths of further files and directories that every probe depends on.</param>
/// <param name="RustFlags">Further flags for rustc.</param>
/// <param name="DefaultFeatures">Whether Cargo's default features are on.</param>
/// <param name="Packages">Names, with <c>*</c>, of the packages whose bins are probes.</param>
/// <param name="SharedCaches">The caches that are shared with other machines, in the order in which they are asked.</param>
/// <param name="Variants">The variants by name.</param>
/// <param name="Probes">What is said of single probes, by name.</param>
internal sealed record Settings(
    string File,
    string Directory,
    ImmutableArray<string> Workspaces,
    string Output,
    string? Rustc,
    ToolchainMode? Mode,
    string Universe,
    ImmutableArray<string> Variables,
    ImmutableArray<string> Inputs,
    ImmutableArray<string> RustFlags,
    bool DefaultFeatures,
    ImmutableArray<string> Packages,
    ImmutableArray<TierSettings> SharedCaches,
    ImmutableSortedDictionary<string, VariantSettings> Variants,
    ImmutableSortedDictionary<string, ProbeSettings> Probes)
{
    /// <summary>The file's content, for errors that are found later and point into it.</summary>
    public required JsonNodeAt Document { get; init; }

    /// <summary>Cargo features that are on in each package of probes that has them.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>Whether rustc does link-time optimization.</summary>
    public bool Lto { get; init; }

    /// <summary>How much of the cache is kept by builds; nothing about what they make.</summary>
    public CacheLimits CacheLimits { get; init; } = CacheLimits.Default;

    /// <summary>The public keys of those whose results are accepted from shared caches of which nothing else is said; none for anyone's.</summary>
    public IReadOnlyList<string> Signers { get; init; } = [];

    /// <summary>The name of the file that holds the settings.</summary>
    public const string FileName = "bpfincr.json";

    /// <summary>The names of the variants that a probe is built in, in order.</summary>
    public IEnumerable<string> VariantsOf(string probe) =>
        Probes.TryGetValue(probe, out var own) && !own.Variants.IsEmpty ? Variants.Keys.Where(v => own.Variants.Contains(v)) : Variants.Keys;

    /// <summary>Where the object of a probe is.</summary>
    public string ObjectOf(string variant, string probe) => Path.Combine(Output, variant, $"{probe}.o");

    /// <summary>The settings of a probe in a variant.</summary>
    public VariantSettings For(string probe, string variant) =>
        Probes.TryGetValue(probe, out var own) ? Variants[variant].With(own.Settings) : Variants[variant];
}
