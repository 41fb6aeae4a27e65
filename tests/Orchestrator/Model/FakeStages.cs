using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Digests;
using BpfIncr.Stages;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>
/// Link, patch, optimize and codegen as pure functions of text. Each looks at some of its options only where the text
/// gives it a reason to, so that different keys give equal outputs, as they do with the real stages.
/// </summary>
internal static class FakeStages
{
    public static string Hash(string text) => Digest.OfText(text).Short;

    public static string Text(byte[] content) => Encoding.Latin1.GetString(content);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Runs the stage of a command line.</summary>
    /// <param name="arguments">The command line of a step's action.</param>
    /// <param name="inputs">Content by name.</param>
    /// <returns>The output, null when the stage failed; and what it said.</returns>
    public static (string? Output, ImmutableArray<Diagnostic> Diagnostics) Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> inputs)
    {
        var stage = arguments[0];
        var lines = (stage == "link" ? Link(inputs) : inputs.Values.Single().Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var said = lines.Where(l => l.StartsWith($"stage {stage} ", StringComparison.Ordinal)).ToImmutableArray();
        if (said.Any(l => l.EndsWith("fail", StringComparison.Ordinal)) || lines.Contains("unresolved"))
            return (null, [Diagnostic.Error("BPFI9999", $"{stage} failed")]);
        var options = arguments.Where(a => a.StartsWith("--", StringComparison.Ordinal)).Select(a => a[2..].Split('=', 2)).ToLookup(o => o[0], o => o[1]);
        var output = stage switch
        {
            "patch" => Patch(lines, o => options[o].Single()),
            "optimize" => Optimize(lines, o => options[o].Single()),
            "codegen" => Codegen(lines, o => options[o].Single()),
            _ => lines,
        };
        return (string.Join('\n', output) + "\n", [.. said.Select(_ => Diagnostic.Warning("BPFI9998", $"{stage} warned"))]);
    }

    // The probe's own module, and of the libraries what it needs.
    private static IEnumerable<string> Link(IReadOnlyDictionary<string, string> inputs)
    {
        var own = inputs.Where(i => i.Key.StartsWith("objects/", StringComparison.Ordinal)).SelectMany(i => i.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var libraries = inputs.Where(i => i.Key.StartsWith("libraries/", StringComparison.Ordinal)).OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => i.Value.Split('\n')).ToList();
        var needed = new Queue<string>(own.SelectMany(Called));
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var modules = new SortedSet<string>(StringComparer.Ordinal);
        while (needed.TryDequeue(out var name))
        {
            if (taken.Contains(name))
                continue;
            var module = libraries.Find(l => l.Any(s => s.StartsWith($"fn {name} ", StringComparison.Ordinal)));
            var function = module?.First(s => s.StartsWith($"fn {name} ", StringComparison.Ordinal));
            own.Add(function ?? "unresolved");
            modules.UnionWith(module?.Where(s => s.StartsWith("checksum", StringComparison.Ordinal) || s.StartsWith("crate", StringComparison.Ordinal)) ?? []);
            taken.Add(name);
            foreach (var further in Called(function ?? ""))
                needed.Enqueue(further);
        }
        return [.. own, .. modules, $"exports {inputs["exports.txt"].Replace('\n', ' ')}"];
    }

    private static IEnumerable<string> Called(string line) => line.Split(' ') switch
    {
        ["call", var name] => [name],
        ["fn", _, _, var name] => [name],
        _ => [],
    };

    private static IEnumerable<string> Patch(List<string> lines, Func<string, string> option)
    {
        var kept = lines.Where(l => !l.StartsWith("checksum", StringComparison.Ordinal) && (l != "debug" || option("btf") == "true") && (l != "line" || option("line-info") == "true"));
        return [.. kept, .. lines.Contains("panic") ? [$"panic={option("panic")}"] : Array.Empty<string>(), .. lines.Exists(l => l.StartsWith("call", StringComparison.Ordinal)) ? [$"inline={option("inline")}"] : Array.Empty<string>()];
    }

    // A sum of constants is one constant.
    private static IEnumerable<string> Optimize(List<string> lines, Func<string, string> option)
    {
        var folded = lines.Select(l => string.Join(' ', l.Split(' ').Select(w => w.Split('+') is [var a, var b] && int.TryParse(a, out var x) && int.TryParse(b, out var y) ? $"{x + y}" : w)));
        return [.. folded, option("pipeline") is { Length: > 0 } pipeline ? $"pipeline={pipeline}" : $"level={option("level")}", .. lines.Contains("loop") ? [$"unroll={option("unroll")}"] : Array.Empty<string>()];
    }

    private static IEnumerable<string> Codegen(List<string> lines, Func<string, string> option) =>
    [
        .. lines.Where(l => l != "debug" || option("strip") == "false"), $"cpu={option("cpu")} {option("features")}",
        .. lines.Exists(l => l.StartsWith("call", StringComparison.Ordinal)) ? [$"sections={option("section-names")}"] : Array.Empty<string>(),
    ];
}
