using System.Collections.Immutable;
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

    /// <summary>The settings of a file; a diagnostic that points into the file when they are wrong.</summary>
    public static (Settings? Settings, Diagnostic? Error) Read(string path)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, Diagnostic.Error("BPFI1001", $"{path} cannot be read: {e.Message}"));
        }
        try
        {
            var file = Path.GetFullPath(path);
            return (Read(content, Path.GetDirectoryName(file)!) with { File = file }, null);
        }
        catch (ConfigurationException e)
        {
            var place = $"{Path.GetFileName(path)}:{e.Position.Line}:{e.Position.Column}";
            return (null, Diagnostic.Error("BPFI1002", $"{place}: {e.Message}", e.Hint));
        }
    }

    /// <exception cref="ConfigurationException">Something in the text is wrong.</exception>
    public static Settings Read(byte[] content, string directory)
    {
        var root = new ObjectReader(JsonTree.Parse(content), "the configuration");
        root.Text("$schema");
        var toolchain = root.Object("toolchain");
        var settings = new Settings(
            Path.Combine(directory, Settings.FileName),
            directory,
            Paths(root, "workspaces", directory) ?? [directory],
            Output(root, directory),
            toolchain?.Text("rustc"),
            Mode(toolchain),
            root.Text("universe") ?? "",
            [.. (root.Texts("env") ?? []).Distinct(StringComparer.Ordinal)],
            Paths(root, "inputs", directory) ?? [],
            root.Texts("rustflags") ?? [],
            root.Flag("defaultFeatures") ?? true,
            root.Texts("packages") ?? ["*"],
            Variants(root),
            Probes(root));
        toolchain?.End();
        root.End();
        return settings;
    }

    // Everything in the output directory is bpfincr's own: it cannot be a place where something else lies.
    private static string Output(ObjectReader root, string directory)
    {
        var output = Path.GetFullPath(root.Text("output") ?? "target/bpf", directory).TrimEnd('/');
        string[] homes = [directory, .. Paths(root, "workspaces", directory) ?? []];
        if (Array.Find(homes, h => h == output || h.StartsWith($"{output}/", StringComparison.Ordinal)) is { } home)
            throw new ConfigurationException(
                root.Take("output")!.Value.Position, $"\"output\" cannot be a directory that holds {home}", "name one of its own, such as \"target/bpf\"");
        return output;
    }

    private static ToolchainMode? Mode(ObjectReader? toolchain)
    {
        if (toolchain?.Take("mode") is { Value: { Kind: System.Text.Json.JsonTokenType.String, Text: "auto" } })
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
                throw new ConfigurationException(
                    member.Position, $"\"{member.Name}\" cannot name a variant", "use letters, digits, '-', '_' and '.': it becomes a directory");
        if (variants.Members.FirstOrDefault(m => m.Name == "cargo") is { } reserved)
            throw new ConfigurationException(reserved.Position, "\"cargo\" cannot name a variant", "the directory of that name is cargo's");
        if (!variants.Members.Any())
            throw new ConfigurationException(root.Take("variants")!.Position, "\"variants\" has none", "leave it out for the default one");
        return variants.Members.ToImmutableSortedDictionary(m => m.Name, m => Variant(m, $"variant \"{m.Name}\""), StringComparer.Ordinal);
    }

    private static VariantSettings Variant(JsonMember member, string what)
    {
        var reader = new ObjectReader(member.Value, what);
        var settings = Variant(reader);
        reader.End();
        return settings;
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
            CodegenOptions = reader.Texts("codegenOptions"),
        };
        if (settings is { Btf: false, LineInfo: true })
            throw new ConfigurationException(
                reader.Take("lineInfo")!.Position, $"{reader.What} has \"lineInfo\" without \"btf\"", "line information is part of BTF: set \"btf\" to true or remove \"lineInfo\"");
        if (settings is { Pipeline: not null, Optimize: not null })
            throw new ConfigurationException(
                reader.Take("pipeline")!.Position, $"{reader.What} has \"pipeline\" and \"optimize\"", "a pipeline takes the place of the level: remove one of them");
        return settings;
    }

    private static ImmutableSortedDictionary<string, ProbeSettings> Probes(ObjectReader root)
    {
        var probes = root.Object("probes");
        return (probes?.Members ?? []).ToImmutableSortedDictionary(m => m.Name, Probe, StringComparer.Ordinal);
    }

    private static ProbeSettings Probe(JsonMember member)
    {
        var reader = new ObjectReader(member.Value, $"probe \"{member.Name}\"");
        var settings = new ProbeSettings(
            member.Name, member.Position, reader.Texts("features") ?? [], reader.Flag("skip") ?? false, Variant(reader));
        reader.End();
        return settings;
    }
}
