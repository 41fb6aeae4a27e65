using System.Text.Json.Nodes;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>The <c>bpfincr.json</c> of a model workspace, and what edits do to it.</summary>
/// <param name="path">Where it is.</param>
/// <param name="prefix">Begins the names of the environment variables that it declares.</param>
internal sealed class ModelConfiguration(string path, string prefix)
{
    private static readonly (string Name, string[] Values)[] Options =
    [
        ("inline", ["\"all\"", "\"calls\""]), ("panic", ["\"exit\"", "\"keep\""]), ("btf", ["true", "false"]), ("lineInfo", ["false"]),
        ("optimize", ["\"O2\"", "\"O3\""]), ("pipeline", ["\"mem2reg\"", "\"sroa\""]), ("unroll", ["true", "false"]),
        ("cpu", ["\"v1\"", "\"v2\"", "\"v3\""]), ("cpuFeatures", ["\"+alu32\"", "\"\""]), ("strip", ["true", "false"]), ("sectionNames", ["\"keep\"", "\"libbpf\""]), ("globalData", ["true", "false"]), ("kernelFunctions", ["true", "false"]),
        ("loops", ["true", "false"]), ("atomics", ["\"add\"", "\"fetch\"", "\"ordered\""]), ("maxInstructions", ["4096", "0"]),
    ];

    public string Path => path;

    /// <summary>Applies an edit to the configuration.</summary>
    /// <param name="edit">The edit.</param>
    /// <param name="probe">The probe that it is about, if it is about one.</param>
    /// <returns>False for an edit to something else.</returns>
    public bool Apply(Edit edit, string probe)
    {
        var (a, b) = (edit.A, edit.B);
        switch (edit.Kind)
        {
            case EditKind.Flags: Change(c => c["rustflags"] = new JsonArray($"-Cflag={b}")); break;
            case EditKind.Universe: Change(c => c["universe"] = $"{b % 3}"); break;
            case EditKind.DeclaredVariables: Change(c => c["env"] = new JsonArray([.. b % 2 == 0 ? [$"{prefix}D"] : (JsonNode[])[$"{prefix}D", $"{prefix}U"]])); break;
            case EditKind.AddVariant: Change(c => Variants(c)[$"v{a % 3}"] = new JsonObject { ["cpu"] = $"v{b % 3 + 1}" }); break;
            case EditKind.RemoveVariant: Change(c => Remove(c, a)); break;
            case EditKind.VariantOption: Change(c => Set(Variants(c).ElementAt(a % Variants(c).Count).Value!.AsObject(), b)); break;
            case EditKind.ReorderVariants: Change(c => c["variants"] = new JsonObject(Variants(c).Reverse().Select(v => KeyValuePair.Create(v.Key, v.Value?.DeepClone())))); break;
            case EditKind.ProbeOption: Change(c => Set(Said(c, probe), b)); break;
            case EditKind.ProbeFeature: Change(c => Said(c, probe)["features"] = b % 2 == 0 ? new JsonArray("own") : new JsonArray()); break;
            case EditKind.ProbeVariants: Change(c => Only(c, probe, b)); break;
            case EditKind.SkipProbe: Change(c => Said(c, probe)["skip"] = b % 2 == 0); break;
            case EditKind.BreakConfiguration: Break(b % 2 == 0); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Says nothing of a probe any more.</summary>
    public void Forget(string probe) => Change(c => c["probes"]!.AsObject().Remove(probe));

    private void Break(bool syntax)
    {
        if (syntax)
            File.WriteAllText(path, "{");
        else
            Change(c => c["probes"]!.AsObject()["nobody"] = new JsonObject());
    }

    private void Change(Action<JsonObject> change)
    {
        if (TryParse() is not { } configuration)
            return;
        change(configuration);
        File.WriteAllText(path, configuration.ToJsonString());
    }

    private JsonObject? TryParse()
    {
        try
        {
            return JsonNode.Parse(File.Exists(path) ? File.ReadAllText(path) : "") is JsonObject o && o.ContainsKey("variants") ? o : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static JsonObject Variants(JsonObject configuration) => configuration["variants"]!.AsObject();

    // A name that is not there would be a mistake, and there are edits for those.
    private static void Remove(JsonObject configuration, int number)
    {
        var variants = Variants(configuration);
        if (variants.Count == 1)
            return;
        variants.Remove(variants.ElementAt(number % variants.Count).Key);
        foreach (var (_, said) in configuration["probes"]!.AsObject())
            said!.AsObject().Remove("variants");
    }

    private static void Only(JsonObject configuration, string probe, int number)
    {
        var variants = Variants(configuration);
        Said(configuration, probe).Remove("variants");
        if (number % 3 > 0)
            Said(configuration, probe)["variants"] = new JsonArray(variants.ElementAt(number / 3 % variants.Count).Key);
    }

    private static JsonObject Said(JsonObject configuration, string probe)
    {
        var probes = configuration["probes"]!.AsObject();
        if (probes[probe] is null)
            probes[probe] = new JsonObject();
        return probes[probe]!.AsObject();
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
