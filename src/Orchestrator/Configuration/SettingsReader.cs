using System.Collections.Immutable;
using System.Text.Json;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Maintenance;
using BpfIncr.Stages;
using BpfIncr.Stages.Codegen;
using BpfIncr.Stages.Optimize;
using BpfIncr.Stages.Patch;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Configuration;

/// <summary>Reads <c>bpfincr.json</c>. Strict: what it does not know is an error, never ignored.</summary>
internal static class SettingsReader
{
    private static readonly ImmutableSortedDictionary<string, VariantSettings> DefaultVariants =
        ImmutableSortedDictionary<string, VariantSettings>.Empty.Add("modern", new VariantSettings { Inline = InlinePolicy.Calls, Cpu = BpfCpu.V3 });

    /// <summary>The settings of a file; diagnostics that point into the file when they are wrong.</summary>
    public static (Settings? Settings, ImmutableArray<Diagnostic> Errors) Read(string path)
    {
        // Who opens a pipe waits until somebody writes to it.
        if (Path.Exists(path) && !FileStamp.IsRegularFile(path))
            return (null, [Diagnostic.Error("BPFI1001", $"{path} is no file that can be read", "a file has to be there; {} is enough for the Cargo workspace beside it")]);
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, [Diagnostic.Error("BPFI1001", $"{path} cannot be read: {e.Message}")]);
        }
        try
        {
            var file = Path.GetFullPath(path);
            return (Read(content, Path.GetDirectoryName(file)!) with { File = file }, []);
        }
        catch (ConfigurationException e)
        {
            return (null, [.. e.Errors.Select(error => At(Path.GetFileName(path), error))]);
        }
    }

    /// <summary>What holds where nothing is said: the settings of a <c>bpfincr.json</c> with nothing in it.</summary>
    public static Settings Defaults(string directory) => Read("{}"u8.ToArray(), directory);

    /// <summary>An error in the file as a diagnostic.</summary>
    public static Diagnostic At(string file, ConfigurationError error, string id = "BPFI1002") =>
        Diagnostic.Error(id, $"{file}:{error.Position.Line}:{error.Position.Column}: {error.Message}", error.Hint);

    /// <exception cref="ConfigurationException">Something in the text is wrong.</exception>
    public static Settings Read(byte[] content, string directory)
    {
        var errors = new List<ConfigurationError>();
        var document = JsonTree.Parse(content);
        var root = new ObjectReader(document, "the configuration", errors);
        root.Text("$schema");
        var toolchain = root.Object("toolchain");
        var cache = root.Object("cache");
        var workspaces = Paths(root, "workspaces", directory) ?? [directory];
        var variants = Variants(root);
        var signers = SharedCacheReader.Signers(cache, directory) ?? [];
        var settings = new Settings(
            Path.Combine(directory, Settings.FileName),
            directory,
            workspaces,
            Output(root, directory, workspaces),
            toolchain?.Text("rustc"),
            Mode(toolchain),
            root.Text("universe") ?? "",
            [.. (root.Texts("env") ?? []).Distinct(StringComparer.Ordinal)],
            Paths(root, "inputs", directory) ?? [],
            root.Texts("rustflags") ?? [],
            root.Flag("defaultFeatures") ?? true,
            root.Texts("packages") ?? ["*"],
            SharedCacheReader.Tiers(cache, directory, signers),
            variants,
            Probes(root, [.. variants.Keys]))
        {
            Document = document,
            Features = [.. (root.Texts("features") ?? []).Distinct(StringComparer.Ordinal)],
            Lto = root.Flag("lto") ?? false,
            CacheLimits = Limits(cache),
            Signers = signers,
        };
        toolchain?.End();
        cache?.End();
        root.End();
        return errors.Count == 0 ? settings : throw new ConfigurationException(errors);
    }

    // Everything in the output directory is bpfincr's own: it cannot be a place where something else lies.
    private static string Output(ObjectReader root, string directory, IEnumerable<string> workspaces)
    {
        var output = Path.GetFullPath(root.Text("output") ?? "target/bpf", directory).TrimEnd('/');
        if (workspaces.Prepend(directory).FirstOrDefault(h => h == output || h.StartsWith($"{output}/", StringComparison.Ordinal)) is { } home)
            root.Wrong(
                root.Take("output")!.Value.Position, $"\"output\" cannot be a directory that holds {home}", "name one of its own, such as \"target/bpf\"");
        return output;
    }

    private static CacheLimits Limits(ObjectReader? cache)
    {
        var limits = CacheLimits.Default;
        if (cache?.Text("maxSize") is { } size)
            limits = limits with { MaxSize = Quantity.TryParseSize(size, out var bytes) ? bytes : Wrong<long>(cache, "maxSize", size, Quantity.SizeHint) };
        if (cache?.Text("maxAge") is { } age)
            limits = limits with { MaxAge = Quantity.TryParseTime(age, out var time) ? time : Wrong<TimeSpan>(cache, "maxAge", age, Quantity.TimeHint) };
        return limits;
    }

    private static T? Wrong<T>(ObjectReader reader, string name, string text, string hint) where T : struct
    {
        reader.Wrong(reader.Take(name)!.Value.Position, $"\"{name}\" cannot be \"{text}\"", hint);
        return null;
    }

    private static ToolchainMode? Mode(ObjectReader? toolchain)
    {
        if (toolchain?.Take("mode") is { Value: { Kind: JsonTokenType.String, Text: "auto" } })
            return null;
        return toolchain?.Choice<ToolchainMode>("mode", "auto");
    }

    private static ImmutableArray<string>? Paths(ObjectReader root, string name, string directory) =>
        root.Texts(name) is { } paths ? [.. paths.Select(p => Path.GetFullPath(p, directory).TrimEnd('/'))] : null;

    private static ImmutableSortedDictionary<string, VariantSettings> Variants(ObjectReader root)
    {
        if (root.Object("variants") is not { } variants)
            return DefaultVariants;
        foreach (var member in variants.Members)
            if (member.Name.Length == 0 || !member.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || member.Name[0] == '.')
                root.Wrong(
                    member.Position, $"\"{member.Name}\" cannot name a variant", "use letters, digits, '-', '_' and '.': it becomes a directory");
        if (variants.Members.FirstOrDefault(m => m.Name == "cargo") is { } reserved)
            root.Wrong(reserved.Position, "\"cargo\" cannot name a variant", "the directory of that name is cargo's");
        if (root.Take("variants") is { Value: { Kind: JsonTokenType.StartObject, Members: [] } } none)
            root.Wrong(none.Position, "\"variants\" has none", "leave it out for the default one");
        return variants.Members.ToImmutableSortedDictionary(m => m.Name, m => ForKernel(variants.Reader(m, $"variant \"{m.Name}\"")), StringComparer.Ordinal);
    }

    private static VariantSettings ForKernel(ObjectReader reader)
    {
        var kernel = reader.OneOf("kernel", [.. KernelProfile.All.Select(p => p.Name)]) is { } index ? KernelProfile.All[index] : null;
        var own = Variant(reader);
        return kernel is null ? own : kernel.Defaults.With(own) with { Kernel = kernel };
    }

    private static VariantSettings Variant(ObjectReader reader)
    {
        var settings = new VariantSettings
        {
            Inline = reader.Choice<InlinePolicy>("inline"),
            Panic = reader.Choice<PanicPolicy>("panic"),
            Btf = reader.Flag("btf"),
            LineInfo = reader.Flag("lineInfo"),
            Optimize = reader.Choice<OptimizeLevel>("optimize"),
            Pipeline = reader.Text("pipeline"),
            Unroll = reader.Flag("unroll"),
            OptimizeOptions = reader.Texts("optimizeOptions"),
            Cpu = reader.Choice<BpfCpu>("cpu"),
            CpuFeatures = reader.Text("cpuFeatures"),
            Strip = reader.Flag("strip"),
            SectionNames = reader.Choice<SectionNames>("sectionNames"),
            GlobalData = reader.Flag("globalData"),
            Loops = reader.Flag("loops"),
            Atomics = reader.Choice<AtomicSupport>("atomics"),
            KernelFunctions = reader.Flag("kernelFunctions"),
            MaxInstructions = reader.Count("maxInstructions"),
            CodegenOptions = reader.Texts("codegenOptions"),
        };
        if (settings is { Btf: false, LineInfo: true })
            reader.Wrong(
                reader.Take("lineInfo")!.Position, $"{reader.What} has \"lineInfo\" without \"btf\"", "line information is part of BTF: set \"btf\" to true or remove \"lineInfo\"");
        if (settings is { Pipeline: not null, Optimize: not null })
            reader.Wrong(
                reader.Take("pipeline")!.Position, $"{reader.What} has \"pipeline\" and \"optimize\"", "a pipeline takes the place of the level: remove one of them");
        reader.End();
        return settings;
    }

    private static ImmutableSortedDictionary<string, ProbeSettings> Probes(ObjectReader root, string[] variants)
    {
        var probes = root.Object("probes");
        return (probes?.Members ?? []).ToImmutableSortedDictionary(m => m.Name, m => Probe(m, probes!, variants), StringComparer.Ordinal);
    }

    private static ProbeSettings Probe(JsonMember member, ObjectReader probes, string[] variants)
    {
        var reader = probes.Reader(member, $"probe \"{member.Name}\"");
        if (reader.Take("variants") is { Value: { Kind: JsonTokenType.StartArray, Items: [] } } none)
            reader.Wrong(none.Position, $"{reader.What} has no variants", "leave \"variants\" out for all of them, or say \"skip\": true");
        return new ProbeSettings(
            member.Name, member.Position, reader.Texts("features") ?? [], reader.Flag("skip") ?? false, reader.Names("variants", variants) ?? [], Variant(reader));
    }
}
