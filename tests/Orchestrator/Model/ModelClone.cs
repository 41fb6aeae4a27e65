using BpfIncr.Orchestrator.Engine;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>What is expected of one clone: its sources, the objects that are there, and what the driver remembers of each step.</summary>
internal sealed class ModelClone(string root, string prefix)
{
    public ModelWorkspace Workspace { get; } = new(root, prefix);

    /// <summary>The objects by path below the output directory.</summary>
    public SortedDictionary<string, string> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>What a pass last said of each step; null when it said it in the middle of an edit.</summary>
    public Dictionary<StepId, ModelStep?> Rows { get; } = [];

    public string Output => Path.Combine(root, "target/bpf");

    public static string ObjectName(StepId id) => $"{id.Variant}/{id.Probe}.o";

    /// <summary>The objects as they are on disk.</summary>
    public SortedDictionary<string, string> ObjectsOnDisk() => new(
        !Directory.Exists(Output) ? [] : Directory.GetDirectories(Output).Where(d => Path.GetFileName(d) != "cargo")
            .SelectMany(d => Directory.GetFiles(d)).ToDictionary(f => Path.GetRelativePath(Output, f), f => FakeStages.Text(File.ReadAllBytes(f))),
        StringComparer.Ordinal);

    /// <summary>Loses or overwrites an object.</summary>
    public void DamageObject(int number, string? content)
    {
        if (Objects.Count == 0)
            return;
        var name = Objects.ElementAt(number % Objects.Count).Key;
        var path = Path.Combine(Output, name);
        if (content is null)
        {
            File.Delete(path);
            Objects.Remove(name);
            return;
        }
        File.WriteAllText(path, content);
        Objects[name] = content;
    }
}
